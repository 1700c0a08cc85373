//! Messages both ways.

use anyhow::{Context, Result, anyhow, ensure};
use aws_esdk::aws_cryptography_primitives::types::EcdhCurveSpec;
use aws_esdk::material_providers::client as mpl;
use aws_esdk::material_providers::types::{
    AesWrappingAlg, EphemeralPrivateKeyToStaticPublicKeyInput, PaddingScheme,
    PublicKeyDiscoveryInput, RawEcdhStaticConfigurations, RawPrivateKeyToStaticPublicKeyInput,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zt_crypto::{
    AlgorithmSuite, Client, CommitmentPolicy, EncryptionContext, Keyring, Offline, OfflineKeyring,
    RawAesKeyring, RawEcdhKeyring, RawRsaKeyring, RsaPadding,
};

use crate::peer::{CONTEXT, KeyringRef, Peer, providers};

const FRAME: u32 = 512;

pub(crate) async fn run() -> Result<()> {
    let peer = Peer::new()?;
    let mpl = providers()?;
    let keys = Keys::read()?;
    let mut messages = 0;
    for suite in AlgorithmSuite::ALL {
        let (ours, theirs) = aes(&mpl, 32).await?;
        for len in [0, 1, 511, 512, 513, 5000] {
            let what = format!("{suite}, {len} bytes");
            messages += both_ways(&peer, suite, &ours, &theirs, len).await.context(what)?;
        }
    }
    let suite = AlgorithmSuite::default();
    for len in [16, 24, 32] {
        let (ours, theirs) = aes(&mpl, len).await?;
        let what = format!("an AES key of {len} bytes");
        messages += both_ways(&peer, suite, &ours, &theirs, 1000).await.context(what)?;
    }
    for (name, padding) in [
        ("PKCS1", PaddingScheme::Pkcs1),
        ("OAEP_SHA1", PaddingScheme::OaepSha1Mgf1),
        ("OAEP_SHA256", PaddingScheme::OaepSha256Mgf1),
        ("OAEP_SHA384", PaddingScheme::OaepSha384Mgf1),
        ("OAEP_SHA512", PaddingScheme::OaepSha512Mgf1),
    ] {
        let (ours, theirs) = rsa(&mpl, &keys, name, padding).await.context(name)?;
        messages += both_ways(&peer, suite, &ours, &theirs, 1000).await.context(name)?;
    }
    for (name, curve) in [
        ("ecc-256-private", EcdhCurveSpec::EccNistP256),
        ("ecc-384-private", EcdhCurveSpec::EccNistP384),
        ("ecc-521-private", EcdhCurveSpec::EccNistP521),
    ] {
        messages += ecdh(&peer, &mpl, &keys, name, curve).await.context(name)?;
    }
    println!("aws-esdk and zt-crypto opened {messages} messages of each other");
    Ok(())
}

/// Each opens what the other sealed. Gives back how many messages that were.
async fn both_ways<K: OfflineKeyring + Clone>(
    peer: &Peer,
    suite: AlgorithmSuite,
    ours: &K,
    theirs: &KeyringRef,
    len: usize,
) -> Result<u32> {
    Ok(ours_to_theirs(peer, suite, ours, theirs, len).await?
        + theirs_to_ours(peer, suite, ours, theirs, len).await?)
}

async fn ours_to_theirs<K: OfflineKeyring + Clone>(
    peer: &Peer,
    suite: AlgorithmSuite,
    ours: &K,
    theirs: &KeyringRef,
    len: usize,
) -> Result<u32> {
    let plaintext = plaintext(len);
    let message = client(suite, ours)?.encrypt(&plaintext, &EncryptionContext::from(CONTEXT))?;
    ensure!(peer.decrypt(suite, theirs, &message).await? == plaintext, "they opened another");
    Ok(1)
}

async fn theirs_to_ours<K: OfflineKeyring + Clone>(
    peer: &Peer,
    suite: AlgorithmSuite,
    ours: &K,
    theirs: &KeyringRef,
    len: usize,
) -> Result<u32> {
    let plaintext = plaintext(len);
    let message = peer.encrypt(suite, theirs, FRAME.into(), &plaintext).await?;
    let opened = client(suite, ours)?.decrypt(&message, &EncryptionContext::from(CONTEXT))?;
    ensure!(*opened.plaintext == plaintext, "we opened another");
    ensure!(opened.algorithm_suite == suite, "another suite");
    Ok(1)
}

fn plaintext(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

fn client<K: Keyring + Clone>(suite: AlgorithmSuite, keyring: &K) -> Result<Client<K, Offline>> {
    let policy = match suite.commits() {
        true => CommitmentPolicy::RequireEncryptRequireDecrypt,
        false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
    };
    let builder = Client::builder(keyring.clone()).commitment_policy(policy);
    Ok(builder.algorithm_suite(suite).frame_length(FRAME).build()?)
}

type Shared<K> = std::sync::Arc<K>;

async fn aes(mpl: &mpl::Client, len: usize) -> Result<(Shared<RawAesKeyring>, KeyringRef)> {
    let key: Vec<u8> = (0..32).take(len).collect();
    let wrapping = match len {
        16 => AesWrappingAlg::AlgAes128GcmIv12Tag16,
        24 => AesWrappingAlg::AlgAes192GcmIv12Tag16,
        _ => AesWrappingAlg::AlgAes256GcmIv12Tag16,
    };
    let ours = RawAesKeyring::new("interop", "k", &key)?;
    let call = mpl.create_raw_aes_keyring().key_namespace("interop").key_name("k");
    let theirs = call.wrapping_key(key).wrapping_alg(wrapping).send().await;
    Ok((Shared::new(ours), theirs.map_err(|error| anyhow!("{error:?}"))?))
}

async fn rsa(
    mpl: &mpl::Client,
    keys: &Keys,
    name: &str,
    padding: PaddingScheme,
) -> Result<(Shared<RawRsaKeyring>, KeyringRef)> {
    let (public, private) =
        (keys.text("rsa-4096-public", "material")?, keys.text("rsa-4096-private", "material")?);
    let ours = RsaPadding::from_name(name).context("no such padding")?;
    let ours = RawRsaKeyring::builder("interop", "k", ours);
    let ours = ours.public_key_pem(public).private_key_pem(private).build()?;
    let call = mpl.create_raw_rsa_keyring().key_namespace("interop").key_name("k");
    let call =
        call.padding_scheme(padding).public_key(public.as_bytes()).private_key(private.as_bytes());
    let theirs = call.send().await.map_err(|error| anyhow!("{error:?}"))?;
    Ok((Shared::new(ours), theirs))
}

/// The three modes on one curve: ephemeral to discovery, and between two static keys.
async fn ecdh(
    peer: &Peer,
    mpl: &mpl::Client,
    keys: &Keys,
    name: &str,
    curve: EcdhCurveSpec,
) -> Result<u32> {
    let text = |field: &str| keys.text(name, field);
    let (alice, bob) = (text("sender-material")?, text("recipient-material")?);
    let to_bob = text("recipient-material-public-key")?;
    let to_alice = text("sender-material-public-key")?;
    let theirs = async |scheme| {
        let call = mpl.create_raw_ecdh_keyring().curve_spec(curve).key_agreement_scheme(scheme);
        call.send().await.map_err(|error| anyhow!("{error:?}"))
    };
    let suite = AlgorithmSuite::default();

    let ephemeral = EphemeralPrivateKeyToStaticPublicKeyInput::builder()
        .recipient_public_key(STANDARD.decode(to_bob)?)
        .build()?;
    let ephemeral =
        theirs(RawEcdhStaticConfigurations::EphemeralPrivateKeyToStaticPublicKey(ephemeral))
            .await?;
    let discovery =
        PublicKeyDiscoveryInput::builder().recipient_static_private_key(bob.as_bytes()).build()?;
    let discovery = theirs(RawEcdhStaticConfigurations::PublicKeyDiscovery(discovery)).await?;
    let ours = Shared::new(RawEcdhKeyring::ephemeral(&pem(to_bob))?);
    let mut messages = ours_to_theirs(peer, suite, &ours, &discovery, 1000).await?;
    let ours = Shared::new(RawEcdhKeyring::discovery(bob)?);
    messages += theirs_to_ours(peer, suite, &ours, &ephemeral, 1000).await?;

    let fixed = async |from: &str, to: &str| {
        let input = RawPrivateKeyToStaticPublicKeyInput::builder()
            .sender_static_private_key(from.as_bytes())
            .recipient_public_key(STANDARD.decode(to)?)
            .build()?;
        theirs(RawEcdhStaticConfigurations::RawPrivateKeyToStaticPublicKey(input)).await
    };
    let ours = Shared::new(RawEcdhKeyring::static_static(alice, &pem(to_bob))?);
    for theirs in [fixed(alice, to_bob).await?, fixed(bob, to_alice).await?] {
        messages += both_ways(peer, suite, &ours, &theirs, 1000).await?;
    }
    Ok(messages)
}

/// Base64 of DER as PEM.
fn pem(der: &str) -> String {
    let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
    for (index, letter) in der.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + "\n-----END PUBLIC KEY-----\n"
}

/// The keys of the known answers.
struct Keys(Value);

impl Keys {
    fn read() -> Result<Self> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../testdata/esdk/esdk-4.1.0-dafny/keys.json"
        );
        let keys: Value = serde_json::from_slice(&std::fs::read(path).context(path)?)?;
        Ok(Self(keys["keys"].clone()))
    }

    fn text(&self, name: &str, field: &str) -> Result<&str> {
        self.0[name][field].as_str().with_context(|| format!("no {field} of {name}"))
    }
}
