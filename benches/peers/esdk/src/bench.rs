//! Figures: suite 0x0478, raw AES key, one core.

use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use aws_esdk::material_providers::types::AesWrappingAlg;
use zt_crypto::AlgorithmSuite;

use crate::peer::{Peer, providers};

pub(crate) async fn run() -> Result<()> {
    let suite = AlgorithmSuite::default();
    let peer = Peer::new()?;
    let keyring = providers()?
        .create_raw_aes_keyring()
        .key_namespace("bench")
        .key_name("k")
        .wrapping_key(vec![7; 32])
        .wrapping_alg(AesWrappingAlg::AlgAes256GcmIv12Tag16);
    let keyring = keyring.send().await.map_err(|error| anyhow!("{error:?}"))?;
    for (len, frame, calls, rounds) in
        [(16 << 20, 4096, 1, 5), (16 << 20, 65_536, 1, 5), (1024, 4096, 200, 5)]
    {
        let plaintext = vec![1; len];
        let message = peer.encrypt(suite, &keyring, frame, &plaintext).await?;
        ensure!(peer.decrypt(suite, &keyring, &message).await? == plaintext, "it opened another");
        let mut best = (f64::MAX, f64::MAX);
        for _ in 0..rounds {
            let start = Instant::now();
            for _ in 0..calls {
                peer.encrypt(suite, &keyring, frame, &plaintext).await?;
            }
            best.0 = best.0.min(start.elapsed().as_secs_f64() / f64::from(calls));
            let start = Instant::now();
            for _ in 0..calls {
                peer.decrypt(suite, &keyring, &message).await?;
            }
            best.1 = best.1.min(start.elapsed().as_secs_f64() / f64::from(calls));
        }
        println!("aws-esdk {len} {frame} {:.9} {:.9}", best.0, best.1);
    }
    Ok(())
}
