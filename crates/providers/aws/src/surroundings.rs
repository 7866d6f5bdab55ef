//! What the machine's environment and AWS files say about reaching a service, beside what a project says: region,
//! credentials, address.

use crate::SignIn;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::region::Region;

/// What a project says about reaching a service; the rest comes from the machine.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The region, where it is given.
    pub region: Option<&'a str>,
    /// The named profile whose credentials are used; it beats keys in the environment.
    pub profile: Option<&'a str>,
    /// How to sign in.
    pub sign_in: &'a SignIn,
    /// The variable that names the service's own address, for example `AWS_ENDPOINT_URL_S3`.
    pub address: &'a str,
}

/// Whether the variable has a value.
fn present(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// The profile that the environment names.
pub(crate) fn named_profile() -> Option<String> {
    std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty())
}

/// That no region is configured, in words: a profile that the environment names is told, since it is likely not there.
pub fn no_region() -> String {
    match named_profile() {
        None => "no region is configured".to_owned(),
        Some(name) => format!(
            "no region is configured: AWS_PROFILE names the profile `{}`, which has none or is not there",
            crate::cause::harmless(&name)
        ),
    }
}

impl Surroundings<'_> {
    /// The region that is configured somewhere. Never asks the machine's metadata service: outside Amazon that costs
    /// seconds and answers nothing.
    pub async fn region(&self) -> Option<Region> {
        let given = self.region.map(|name| Region::new(name.to_owned()));
        if given.is_some() || matches!(self.sign_in, SignIn::Keys { .. }) {
            return given;
        }
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = self.profile {
            profile = profile.profile_name(name);
        }
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .region()
            .await
            .filter(|region| !region.as_ref().is_empty())
    }

    /// The settings of a client for this region, and the address if it is not Amazon's.
    pub async fn settings(&self, region: Region) -> (SdkConfig, Option<String>) {
        if let SignIn::Keys { id, secret, token } = self.sign_in {
            let keys = Credentials::new(id, secret, token.clone(), None, "promote");
            let settings = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region)
                .credentials_provider(SharedCredentialsProvider::new(keys))
                .build();
            return (settings, None);
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
        if let Some(name) = self.profile {
            // The profile that the team names beats keys that happen to be in the environment.
            loader = loader
                .profile_name(name)
                .credentials_provider(ProfileFileCredentialsProvider::builder().profile_name(name).build());
        } else if ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(present) == [true, true] {
            // They come first in any case; without the rest of the chain no client for it is made.
            loader = loader.credentials_provider(EnvironmentVariableCredentialsProvider::new());
        }
        if let SignIn::Provider(provider) = self.sign_in {
            loader = loader.credentials_provider(provider.clone());
        }
        let settings = loader.load().await;
        let own = std::env::var(self.address).ok().filter(|address| !address.is_empty());
        let elsewhere = own.or_else(|| settings.endpoint_url().map(str::to_owned));
        (settings, elsewhere)
    }
}
