//! Messages under a known key: no bytes panic, nothing is given out that is not authentic, and
//! however a message is cut the result is the same.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use zt_crypto::{
    Client, CommitmentPolicy, Decryptor, EncryptionContext, Error, HeaderReader, Offline,
    RawAesKeyring,
};

static CLIENT: LazyLock<Client<RawAesKeyring, Offline>> = LazyLock::new(|| {
    let keyring = RawAesKeyring::new("fuzz", "k", &[7; 32]).expect("32 bytes");
    let client = Client::builder(keyring);
    let policy = CommitmentPolicy::RequireEncryptAllowDecrypt;
    client.commitment_policy(policy).build().expect("the settings agree")
});

fuzz_target!(|data: &[u8]| {
    let Some((&step, message)) = data.split_last() else { return };
    let whole = CLIENT.decrypt(message, &EncryptionContext::new());
    let mut out = Vec::new();
    let pieces = in_pieces(message, usize::from(step) + 1, &mut out);
    match (whole, pieces) {
        (Ok(opened), Ok(())) => assert_eq!(*opened.plaintext, out),
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!("whole: {whole:?}, in pieces: {pieces:?}"),
    }
});

fn in_pieces(message: &[u8], step: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut reader = HeaderReader::new(None);
    let mut decryptor: Option<Decryptor> = None;
    for piece in message.chunks(step) {
        match &mut decryptor {
            Some(decryptor) => decryptor.push(piece, out)?,
            None => {
                if let Some((header, rest)) = reader.push(piece)? {
                    let opened = CLIENT.decryptor(header, &EncryptionContext::new())?;
                    decryptor.insert(opened).push(&rest, out)?;
                }
            }
        }
    }
    Ok(decryptor.ok_or_else(|| reader.cut_off())?.finish()?)
}
