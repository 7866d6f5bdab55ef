//! How a store is reached, as its project configures it. What a key may say is the reader's to decide.

/// `[store.NAME]`: how to reach one bucket or one repository of images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreSettings {
    /// Its region.
    pub region: Option<String>,
    /// Another address than the vendor's. https, or a loopback address.
    pub endpoint: Option<String>,
    /// Bucket in the path instead of the host name.
    pub path_style: Option<bool>,
    /// The named profile whose credentials are used.
    pub profile: Option<String>,
    /// A file of credentials: `$NAME` of a variable that holds its path, or a path.
    pub credentials: Option<String>,
    /// How a registry of images is signed in to: `none`, `password`, or the address of its token server.
    pub sign_in: Option<String>,
    /// Seconds after which a request is refused by the store (5 to 300).
    pub expiry_s: Option<u32>,
    /// Seconds granted to a copy that the store has begun.
    pub allowance_s: Option<u32>,
}
