//! What goes in and what comes out.

use core::fmt;

use countersign_core::Key;

/// A message whose MAC is wanted, and the key to make it with.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The key: any of the six algorithms. A token makes a MAC of zeros, since it signs nothing.
    pub key: &'a Key,
    /// The message, in slices that follow each other without a gap. They are read where they lie.
    pub parts: &'a [&'a [u8]],
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("key", self.key).field("parts", &self.parts.len()).finish()
    }
}

/// A MAC: as many bytes as the algorithm's tag has, then zeros. Wiped when dropped.
///
/// It has no `PartialEq`: a MAC that is compared with what was received must be compared in constant time.
#[derive(Clone)]
#[repr(align(64))]
pub struct Mac([u8; 64]);

impl Mac {
    /// Room for a MAC.
    #[must_use]
    pub const fn empty() -> Self {
        Self([0; 64])
    }

    /// The tag, and zeros behind it.
    #[inline]
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    #[inline(always)]
    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8; 64] {
        &mut self.0
    }
}

impl AsRef<[u8; 64]> for Mac {
    #[inline]
    fn as_ref(&self) -> &[u8; 64] {
        &self.0
    }
}

impl Default for Mac {
    fn default() -> Self {
        Self::empty()
    }
}

impl Drop for Mac {
    #[inline]
    fn drop(&mut self) {
        self.0 = [0; 64];
        // Else the compiler leaves that out.
        zeroize::optimization_barrier(&self.0);
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}
