//! The input and output: messages and MACs.

use core::fmt;

use countersign_core::Key;

/// A message and the key for its MAC.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The key, for any of the six algorithms. The MAC of a token is all zeros, since a token signs nothing.
    pub key: &'a Key,
    /// The message, as the concatenation of these slices. They are not copied.
    pub parts: &'a [&'a [u8]],
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("key", self.key).field("parts", &self.parts.len()).finish()
    }
}

/// A MAC: the tag, whose length depends on the algorithm, then zeros. Wiped when dropped.
///
/// It has no `PartialEq`: a MAC must be compared with a received tag in constant time.
#[derive(Clone)]
#[repr(align(64))]
pub struct Mac([u8; 64]);

impl Mac {
    /// All zeros, to be overwritten with a MAC.
    #[must_use]
    pub const fn empty() -> Self {
        Self([0; 64])
    }

    /// The tag, followed by zeros.
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
        // Stops the compiler from removing the write.
        zeroize::optimization_barrier(&self.0);
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}
