//! Data keys wrapped under a key that two parties agree on.
//!
//! Source: AWS Encryption SDK specification, "Raw ECDH keyring"; NIST SP 800-56A (agreement);
//! NIST SP 800-108 (counter mode). The labels are those that the SDKs write, which differ from the
//! specification's text; the official vectors decide.

use std::fmt;

use aws_lc_rs::agreement::{
    Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey, PrivateKey, UnparsedPublicKey,
    agree,
};
use aws_lc_rs::encoding::{AsBigEndian, EcPublicKeyCompressedBin};
use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::OfflineKeyring;
use crate::aead::{AeadKey, IV_LEN, TAG_LEN};
use crate::error::{DecryptError, Error, KeyringError, NoMatchingKey, RandomError};
use crate::materials::{DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};
use crate::pem;
use crate::random;
use crate::secret::DataKey;

/// Wraps data keys under a key that the sender and the recipient agree on (ECDH on P-256, P-384 or
/// P-521).
///
/// | made by | encrypts | decrypts |
/// |---|---|---|
/// | [`ephemeral`](RawEcdhKeyring::ephemeral) | to a public key, with a key pair made for the message | no |
/// | [`discovery`](RawEcdhKeyring::discovery) | no | what anybody sent to this private key |
/// | [`static_static`](RawEcdhKeyring::static_static) | to a public key, from this private key | what passed between the two |
///
/// Keys are PEM: SubjectPublicKeyInfo (`PUBLIC KEY`) and PKCS#8 (`PRIVATE KEY`).
pub struct RawEcdhKeyring {
    curve: &'static Curve,
    own: Option<KeyPair>,
    /// The other party's compressed point.
    peer: Option<Vec<u8>>,
}

struct KeyPair {
    private: PrivateKey,
    /// The compressed point.
    public: Vec<u8>,
}

struct Curve {
    name: &'static str,
    algorithm: &'static Algorithm,
    /// Length of a coordinate in bytes.
    len: usize,
}

static CURVES: [Curve; 3] = [
    Curve { name: "p256", algorithm: &ECDH_P256, len: 32 },
    Curve { name: "p384", algorithm: &ECDH_P384, len: 48 },
    Curve { name: "p521", algorithm: &ECDH_P521, len: 66 },
];

impl RawEcdhKeyring {
    /// Encrypts to the holder of a private key, with a key pair made for each message. Only
    /// encrypts.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] when this is not the public key of one of the three curves.
    pub fn ephemeral(recipient_public_key_pem: &str) -> Result<Self, KeyringError> {
        let (curve, peer) = read_public(recipient_public_key_pem)?;
        Ok(Self { curve, own: None, peer: Some(peer) })
    }

    /// Decrypts what anybody sent to this private key. Only decrypts.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] when this is not a private key of one of the three curves.
    pub fn discovery(private_key_pem: &str) -> Result<Self, KeyringError> {
        let (curve, own) = read_private(private_key_pem)?;
        Ok(Self { curve, own: Some(own), peer: None })
    }

    /// Encrypts from the sender's key to the recipient's, and decrypts what passed between the two.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`] when the keys are not of the same one of the three curves.
    pub fn static_static(
        sender_private_key_pem: &str,
        recipient_public_key_pem: &str,
    ) -> Result<Self, KeyringError> {
        let (curve, own) = read_private(sender_private_key_pem)?;
        let (other, peer) = read_public(recipient_public_key_pem)?;
        if curve.name != other.name {
            let message = format!(
                "sender and recipient are on different curves: {} and {}",
                curve.name, other.name
            );
            return Err(KeyringError::Invalid(message));
        }
        Ok(Self { curve, own: Some(own), peer: Some(peer) })
    }

    /// The sender of a wrapped data key and the party whose public key to agree with, when this
    /// keyring can unwrap it.
    fn parties<'a>(&'a self, encrypted: &'a EncryptedDataKey) -> Option<Parties<'a>> {
        if ![PROVIDER_ID, KMS_PROVIDER_ID].contains(&encrypted.provider_id.as_str()) {
            return None;
        }
        let (recipient, sender) = parse_info(&encrypted.provider_info)?;
        let own = self.own.as_ref()?;
        let other = match &self.peer {
            None if recipient == own.public => sender,
            Some(peer) if recipient == own.public && sender == peer => sender,
            Some(peer) if recipient == peer && sender == own.public => recipient,
            _ => return None,
        };
        Some(Parties { sender, recipient, other, private: &own.private })
    }

    fn unwrap(
        &self,
        encrypted: &EncryptedDataKey,
        parties: &Parties<'_>,
        context: &[u8],
        len: usize,
    ) -> Option<DataKey> {
        let (salt, rest) = encrypted.ciphertext.split_at_checked(SALT_LEN)?;
        let (commitment, rest) = rest.split_at_checked(COMMITMENT_LEN)?;
        let (wrapped, tag) = rest.split_at_checked(len)?;
        let keys = self.derive(parties, salt, context)?;
        if tag.len() != TAG_LEN || !bool::from(keys.commitment().ct_eq(commitment)) {
            return None;
        }
        let mut plain = Zeroizing::new([0u8; 32]);
        let plain = plain.get_mut(..len)?;
        let key = AeadKey::new(keys.wrapping())?;
        key.open([0; IV_LEN], &keys.fixed, wrapped, tag, plain).ok()?;
        Some(DataKey::take(plain))
    }

    fn derive(&self, parties: &Parties<'_>, salt: &[u8], context: &[u8]) -> Option<Derived> {
        let fixed = [
            b"ecdh-key-derivation\0".as_slice(),
            self.curve.name.as_bytes(),
            b"\0HMAC_SHA384\0",
            parties.sender,
            parties.recipient,
            &[0, 1, 0],
            context,
        ]
        .concat();
        let info = [&fixed, [0].as_slice(), salt, &512u32.to_be_bytes()].concat();
        let algorithm = get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha384)?;
        let peer = UnparsedPublicKey::new(self.curve.algorithm, parties.other);
        let mut keys = Zeroizing::new([0; COMMITMENT_LEN + 32]);
        agree(parties.private, peer, (), |shared| {
            kbkdf_ctr_hmac(algorithm, shared, &info, keys.as_mut_slice()).map_err(|_| ())
        })
        .ok()?;
        Some(Derived { fixed, keys })
    }

    fn describe(&self) -> String {
        let key = self.own.as_ref().map(|own| &own.public).or(self.peer.as_ref());
        format!("{PROVIDER_ID}/{}:{}", self.curve.name, hex(key.map_or(&[], Vec::as_slice)))
    }
}

impl OfflineKeyring for RawEcdhKeyring {
    fn on_encrypt(&self, mut materials: EncryptionMaterials) -> Result<EncryptionMaterials, Error> {
        let Some(recipient) = &self.peer else {
            let why = "it has no recipient: a discovery keyring only decrypts";
            return Err(KeyringError::CannotEncrypt("the ECDH keyring", why).into());
        };
        let ephemeral;
        let own = match &self.own {
            Some(own) => own,
            None => {
                let key = PrivateKey::generate(self.curve.algorithm);
                let pair = key.ok().and_then(KeyPair::new);
                ephemeral = pair.ok_or_else(RandomError::new)?;
                &ephemeral
            }
        };
        let parties =
            Parties { sender: &own.public, recipient, other: recipient, private: &own.private };
        let context = materials.serialized_context()?;
        let mut salt = [0; SALT_LEN];
        random::fill(&mut salt)?;
        let failed = || KeyringError::Invalid("the data key could not be wrapped".to_owned());
        let keys = self.derive(&parties, &salt, &context).ok_or_else(failed)?;
        let key = AeadKey::new(keys.wrapping()).ok_or_else(failed)?;
        let data_key = materials.data_key_or_generate()?;
        let mut sealed = vec![0; data_key.len() + TAG_LEN];
        let (wrapped, tag) = sealed.split_at_mut(data_key.len());
        key.seal([0; IV_LEN], &keys.fixed, data_key.expose(), wrapped, tag)
            .map_err(|_| failed())?;
        let ciphertext = [&salt, keys.commitment(), &sealed].concat();
        materials.push_encrypted_data_key(EncryptedDataKey {
            provider_id: PROVIDER_ID.to_owned(),
            provider_info: write_info(recipient, &own.public),
            ciphertext,
        });
        Ok(materials)
    }

    fn on_decrypt(&self, materials: &DecryptionMaterials) -> Result<DataKey, Error> {
        if self.own.is_none() {
            let message = "the ECDH keyring cannot decrypt: it has no private key";
            return Err(KeyringError::Invalid(message.to_owned()).into());
        }
        let context = materials.serialized_context()?;
        let len = materials.suite().data_key_len();
        let mut matched = false;
        for encrypted in materials.encrypted_data_keys() {
            let Some(parties) = self.parties(encrypted) else { continue };
            matched = true;
            if let Some(data_key) = self.unwrap(encrypted, &parties, &context, len) {
                return Ok(data_key);
            }
        }
        Err(if matched {
            DecryptError::NotAuthentic.into()
        } else {
            let names = NoMatchingKey::new(materials.key_names(), vec![self.describe()]);
            DecryptError::NoMatchingKey(names).into()
        })
    }
}

impl fmt::Debug for RawEcdhKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEcdhKeyring")
            .field("curve", &self.curve.name)
            .field("can_encrypt", &self.peer.is_some())
            .field("can_decrypt", &self.own.is_some())
            .finish()
    }
}

impl KeyPair {
    fn new(private: PrivateKey) -> Option<Self> {
        let public = private.compute_public_key().ok()?;
        let point: EcPublicKeyCompressedBin<'_> = public.as_be_bytes().ok()?;
        Some(Self { public: point.as_ref().to_vec(), private })
    }
}

/// Who sent what to whom, as compressed points.
struct Parties<'a> {
    sender: &'a [u8],
    recipient: &'a [u8],
    /// The one of the two whose private key is not ours.
    other: &'a [u8],
    private: &'a PrivateKey,
}

/// Commitment and wrapping key, and what both are bound to.
struct Derived {
    fixed: Vec<u8>,
    keys: Zeroizing<[u8; COMMITMENT_LEN + 32]>,
}

impl Derived {
    fn commitment(&self) -> &[u8] {
        self.keys.split_at(COMMITMENT_LEN).0
    }

    fn wrapping(&self) -> &[u8] {
        self.keys.split_at(COMMITMENT_LEN).1
    }
}

fn read_private(pem: &str) -> Result<(&'static Curve, KeyPair), KeyringError> {
    let der = pem::private_key(pem)?;
    let found = CURVES.iter().find_map(|curve| {
        let key = PrivateKey::from_private_key_der(curve.algorithm, &der).ok()?;
        Some((curve, KeyPair::new(key)?))
    });
    found.ok_or_else(|| not_a_curve("private"))
}

fn read_public(pem: &str) -> Result<(&'static Curve, Vec<u8>), KeyringError> {
    let der = pem::public_key(pem)?;
    let found = CURVES.iter().find_map(|curve| {
        let key = UnparsedPublicKey::new(curve.algorithm, &der);
        ParsedPublicKey::try_from(key).ok()?; // It is on the curve.
        Some((curve, compressed(&der, curve.len)?))
    });
    found.ok_or_else(|| not_a_curve("public"))
}

fn not_a_curve(what: &str) -> KeyringError {
    KeyringError::Invalid(format!("{what} key is not an EC key on P-256, P-384 or P-521"))
}

/// The point at the end of a SubjectPublicKeyInfo, compressed (SEC 1, section 2.3.3).
fn compressed(spki: &[u8], len: usize) -> Option<Vec<u8>> {
    let tail = |bytes: usize| spki.get(spki.len().checked_sub(bytes)?..);
    // A bit string: no unused bits, then the point.
    if let Some([0, 4, point @ ..]) = tail(2 + 2 * len) {
        let (x, y) = point.split_at_checked(len)?;
        let sign = 2 + (y.last()? & 1);
        return Some([&[sign], x].concat());
    }
    match tail(2 + len)? {
        [0, point @ ..] if matches!(point.first(), Some(2 | 3)) => Some(point.to_vec()),
        _ => None,
    }
}

/// Recipient and sender.
fn parse_info(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = info.strip_prefix(&[VERSION])?;
    let (recipient, rest) = take32(rest)?;
    let (sender, rest) = take32(rest)?;
    rest.is_empty().then_some((recipient, sender))
}

fn take32(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

fn write_info(recipient: &[u8], sender: &[u8]) -> Vec<u8> {
    let mut info = vec![VERSION];
    for point in [recipient, sender] {
        // A compressed point is at most 67 bytes.
        info.extend_from_slice(&u32::try_from(point.len()).unwrap_or_default().to_be_bytes());
        info.extend_from_slice(point);
    }
    info
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const PROVIDER_ID: &str = "raw-ecdh";
/// Written by the KMS ECDH keyring; with the private key in hand it opens all the same.
const KMS_PROVIDER_ID: &str = "aws-kms-ecdh";
const VERSION: u8 = 1;
const SALT_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;
