//! Signatures by the SSH keys that people have already. A list in OpenSSH's format of allowed signers says whose keys
//! count; signatures in OpenSSH's SSHSIG form are read and verified in this process, by the TLS stack's cryptography;
//! signing is left to `ssh-keygen`, which knows agents, passphrases, security keys and smart cards. What is signed, and
//! what a signature is good for, is the core's. Whatever this crate accepts, `ssh-keygen -Y verify` accepts as well.

mod allowed;
mod choice;
mod complaint;
mod find;
mod key;
mod keygen;
mod options;
mod pattern;
mod people;
mod principals;
mod process;
mod signers;
mod sshsig;
mod surroundings;
mod unreadable;
mod validity;
mod verify;
mod wire;

pub use allowed::AllowedSigners;
pub use find::Wanted;
pub use keygen::KeygenSigner;
pub use surroundings::Surroundings;
pub use unreadable::{Mistake, Unreadable};
