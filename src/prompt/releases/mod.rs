//! Versions on disk: listing, freezing, locking and verifying them.

pub(super) mod at_release;
pub(super) mod bump;
pub(super) mod catalogue;
pub(super) mod create;
pub(super) mod folder;
pub(super) mod lock;
pub(super) mod print;
pub(super) mod release;
pub(super) mod revision;
pub(super) mod sheet;
pub(super) mod verify;
