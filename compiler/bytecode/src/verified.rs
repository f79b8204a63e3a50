//! The proof, carried by the type, that a module has passed the verifier.

use std::ops::Deref;

/// A value that has passed [`verify`](crate::verify::verify); nothing else makes one.
#[derive(Clone, PartialEq, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn new(checked: T) -> Self {
        Verified(checked)
    }

    /// Gives the value back, and with it the proof up.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
