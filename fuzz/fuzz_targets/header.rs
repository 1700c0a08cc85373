//! Headers: no bytes panic, and however they are cut the result is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zt_crypto::{HeaderReader, inspect};

fuzz_target!(|data: &[u8]| {
    let whole = inspect(data);
    let Some((&step, message)) = data.split_last() else { return };
    let expected = inspect(message);
    let mut reader = HeaderReader::new(None);
    let mut taken = 0;
    let mut found = None;
    for piece in message.chunks(usize::from(step) + 1) {
        taken += piece.len();
        match reader.push(piece) {
            Ok(Some((_, rest))) => {
                found = Some(Ok(taken - rest.len()));
                break;
            }
            Ok(None) => {}
            Err(error) => {
                found = Some(Err(error));
                break;
            }
        }
    }
    match (expected, found) {
        (Ok(info), Some(Ok(len))) => {
            assert_eq!(info.header_len, len);
            // What follows a header does not change it.
            assert_eq!(whole.map(|info| info.header_len).ok(), Some(len));
        }
        (Err(expected), Some(Err(error))) => assert_eq!(expected, error),
        // It ended within the header.
        (Err(expected), None) if message.is_empty() => assert_eq!(expected.code(), "NOT_A_MESSAGE"),
        (Err(expected), None) => assert_eq!(expected, reader.cut_off()),
        (expected, found) => panic!("whole: {expected:?}, in pieces: {found:?}"),
    }
});
