//! The language against files: wrong ones with the text a user reads, the whole shipped stack, and noise.

#[path = "language/fixture.rs"]
mod fixture;
#[path = "language/folder.rs"]
mod folder;
#[path = "language/wrong.rs"]
mod wrong;
