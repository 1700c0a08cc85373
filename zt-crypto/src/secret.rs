//! Bytes that wipe themselves: keys, and what messages held.

use std::fmt;
use std::ops::{Deref, DerefMut};

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::error::RandomError;
use crate::random;

/// A symmetric key: wiped when dropped, never printed, compared in constant time.
///
/// It cannot be cloned: moving it is free and leaves no copy, since the bytes stay where they are
/// on the heap. Where a second copy is really wanted, [`DataKey::duplicate`] says so.
///
/// ```
/// use zt_crypto::DataKey;
/// let mut bytes = [7u8; 32];
/// let key = DataKey::take(&mut bytes);
/// assert_eq!(bytes, [0; 32]); // the source was wiped
/// assert_eq!(key.len(), 32);
/// assert_eq!(format!("{key:?}"), "DataKey(32 bytes, hidden)");
/// ```
///
/// ```compile_fail
/// # use zt_crypto::DataKey;
/// let key = DataKey::take(&mut [7u8; 32]);
/// let copy = key.clone(); // there is no such method
/// ```
pub struct DataKey {
    // A box of exactly the right size: growing a `Vec` would leave unwiped copies behind.
    bytes: Zeroizing<Box<[u8]>>,
}

impl DataKey {
    /// Copies the key out of `source` and wipes `source`.
    #[must_use]
    pub fn take(source: &mut [u8]) -> Self {
        let key = Self::copy_from(source);
        source.zeroize();
        key
    }

    /// Copies the key; the source stays as it is, and is the caller's to wipe.
    #[must_use]
    pub fn copy_from(source: &[u8]) -> Self {
        Self { bytes: Zeroizing::new(source.into()) }
    }

    /// A new random key of `len` bytes.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate(len: usize) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new(vec![0; len].into_boxed_slice());
        random::fill(&mut bytes)?;
        Ok(Self { bytes })
    }

    /// A second copy, wiped by its own owner.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::copy_from(self.expose())
    }

    /// The bytes. Whoever copies them out has to wipe them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl From<Zeroizing<Vec<u8>>> for DataKey {
    fn from(source: Zeroizing<Vec<u8>>) -> Self {
        Self::copy_from(&source)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({} bytes, hidden)", self.len())
    }
}

impl PartialEq for DataKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for DataKey {}

/// Plaintext: a `Vec<u8>` that is wiped when dropped and never printed.
///
/// ```
/// use zt_crypto::Plaintext;
/// let plaintext = Plaintext::from(b"attack at dawn".to_vec());
/// assert_eq!(plaintext.as_slice(), b"attack at dawn");
/// assert_eq!(format!("{plaintext:?}"), "Plaintext(14 bytes, hidden)");
/// ```
#[derive(Default)]
pub struct Plaintext {
    bytes: Zeroizing<Vec<u8>>,
}

impl Plaintext {
    /// Wipes all that was ever in it, and leaves it empty.
    pub fn wipe(&mut self) {
        // Once it is empty all of it is spare capacity, which is wiped in one piece; what a vector
        // holds is wiped byte by byte, which takes longer than to decrypt it.
        self.bytes.clear();
        self.bytes.zeroize();
    }

    /// Makes it `len` bytes long, for somebody to write over them, and wipes what it held beyond.
    pub(crate) fn make_room(&mut self, len: usize) {
        if self.capacity() < len {
            // Not by growing it, which would leave a copy of what it held behind.
            *self = Self::from(vec![0; len]);
        }
        if let Some(rest) = self.get_mut(len..) {
            rest.zeroize();
        }
        self.resize(len, 0);
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Deref for Plaintext {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Plaintext {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

impl AsRef<[u8]> for Plaintext {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Vec<u8>> for Plaintext {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes: Zeroizing::new(bytes) }
    }
}

impl PartialEq for Plaintext {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Plaintext {}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes, hidden)", self.len())
    }
}
