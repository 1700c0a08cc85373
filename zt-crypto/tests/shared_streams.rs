//! Long streams, whose frames threads share: what comes out is what one thread makes, however the
//! source cuts it, and so is every error.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::io::Read;
use std::num::NonZeroUsize;

use proptest::prelude::*;
use zt_crypto::{
    AlgorithmSuite, Client, EncryptionContext, Error, HeaderReader, Offline, RawAesKeyring,
    inspect, io,
};

const MIB: usize = 1 << 20;

fn client(
    frame_length: u32,
    threads: usize,
    suite: AlgorithmSuite,
) -> Client<RawAesKeyring, Offline> {
    Client::builder(RawAesKeyring::new("tests", "k", &[7; 32]).unwrap())
        .algorithm_suite(suite)
        .frame_length(frame_length)
        .threads(NonZeroUsize::new(threads).unwrap())
        .build()
        .unwrap()
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("purpose", "test")])
}

fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index * 7 + index / 251) as u8).collect()
}

/// A source that gives at most so many bytes at a time, in turn.
struct Uneven<'a> {
    bytes: &'a [u8],
    steps: &'a [usize],
    turn: usize,
}

impl<'a> Uneven<'a> {
    fn new(bytes: &'a [u8], steps: &'a [usize]) -> Self {
        Self { bytes, steps, turn: 0 }
    }
}

impl Read for Uneven<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let step = self.steps[self.turn % self.steps.len()];
        self.turn += 1;
        let len = step.min(buffer.len());
        self.bytes.read(&mut buffer[..len])
    }
}

/// What the sink got, the error if any, and what progress was shown.
struct Outcome {
    sink: Vec<u8>,
    error: Option<String>,
    shown: Vec<u64>,
}

fn encrypt(client: &Client<RawAesKeyring, Offline>, plaintext: &[u8], steps: &[usize]) -> Outcome {
    let (mut sink, mut shown) = (Vec::new(), Vec::new());
    let encryptor = client.encryptor(&context()).unwrap();
    let source = Uneven::new(plaintext, steps);
    let done = io::encrypt(encryptor, source, None, &mut sink, &mut |done, _| shown.push(done));
    if let Ok(done) = &done {
        assert_eq!(*done, plaintext.len() as u64);
    }
    Outcome { sink, error: done.err().map(|error| error.to_string()), shown }
}

fn decrypt(client: &Client<RawAesKeyring, Offline>, message: &[u8], steps: &[usize]) -> Outcome {
    let (mut sink, mut shown) = (Vec::new(), Vec::new());
    let open = |header| client.decryptor(header, &context());
    let source = Uneven::new(message, steps);
    let mut progress = |done, _| shown.push(done);
    let opened: Result<_, Error> =
        io::decrypt(HeaderReader::new(None), open, source, None, &mut sink, &mut progress);
    Outcome { sink, error: opened.err().map(|error| error.to_string()), shown }
}

fn rises_to(shown: &[u64], total: usize) -> bool {
    shown.is_sorted() && shown.last() == Some(&(total as u64))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn however_the_source_cuts_it(
        frame_length in proptest::sample::select(vec![1000_u32, 4096, 65_536, 1 << 20, 3 << 20, 5 << 20]),
        threads in 2_usize..5,
        more in 0_usize..3 * MIB,
        whole_frames in any::<bool>(),
        steps in proptest::collection::vec(1_usize..400_000, 1..8),
        signed in any::<bool>(),
    ) {
        let suite = match signed {
            true => AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
            false => AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        };
        let frame = frame_length as usize;
        let len = 4 * MIB + more;
        let len = if whole_frames { len.div_ceil(frame) * frame } else { len };
        let plaintext = plaintext(len);
        let [one, several] = [1, threads].map(|threads| client(frame_length, threads, suite));
        let sealed = encrypt(&several, &plaintext, &steps);
        prop_assert_eq!(sealed.error, None);
        prop_assert!(rises_to(&sealed.shown, len));
        // Opened by one thread, and the frames are as many and as long as one thread makes.
        prop_assert!(*one.decrypt(&sealed.sink, &context()).unwrap().plaintext == plaintext);
        let footer = if signed { 110 } else { 0 };
        let expected = one.encrypt(&plaintext, &context()).unwrap().len();
        prop_assert!(sealed.sink.len().abs_diff(expected) <= footer);
        let opened = decrypt(&several, &sealed.sink, &steps);
        prop_assert_eq!(opened.error, None);
        prop_assert!(opened.sink == plaintext);
        prop_assert!(rises_to(&opened.shown, sealed.sink.len()));
    }
}

#[test]
fn errors_are_those_of_one_thread() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let plaintext = plaintext(8 * MIB + 77);
    let [one, four] = [1, 4].map(|threads| client(4096, threads, suite));
    let message = one.encrypt(&plaintext, &context()).unwrap();
    let body = inspect(&message).unwrap().header_len;
    let frame = 4096 + 32;
    let late = 1500; // after what the calling thread does alone
    let alter = |at: usize, byte: u8| {
        let mut altered = message.clone();
        altered[body + at] ^= byte;
        altered
    };
    let altered = [
        alter(late * frame + 20, 1),
        alter(late * frame + 3, 1),
        alter(late * frame + 15, 1),
        alter((late + 200) * frame - 1, 1),
        [&message[..body + late * frame], &message[body + (late + 1) * frame..]].concat(),
        message[..message.len() - 1].to_vec(),
        message[..body + late * frame + 50].to_vec(),
        message[..body + late * frame].to_vec(),
        [&message[..], &[0]].concat(),
        [&message[..], &message[..]].concat(),
        {
            let mut altered = alter(late * frame + 20, 1);
            altered[body + (late + 100) * frame + 3] ^= 1;
            altered
        },
        {
            let mut altered = message.clone();
            altered[body + late * frame..][..4].fill(0xff);
            altered
        },
    ];
    for (index, message) in altered.iter().enumerate() {
        let expected = decrypt(&one, message, &[usize::MAX]);
        assert!(expected.error.is_some(), "{index}");
        for steps in [&[usize::MAX][..], &[10_000, 300_000]] {
            let found = decrypt(&four, message, steps);
            assert_eq!(found.error, expected.error, "{index}");
            assert!(plaintext.starts_with(&found.sink), "{index}");
            assert!(found.sink.len() > 4 * MIB, "{index}");
        }
    }
}

#[test]
fn a_sink_that_fails_ends_the_work() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let client = client(4096, 4, AlgorithmSuite::default());
    let encryptor = client.encryptor(&context()).unwrap();
    // It has no end: only the sink's failure is one.
    let source = std::io::repeat(1);
    let done = io::encrypt(encryptor, source, None, &mut Full(9 * MIB), &mut io::silent);
    assert!(done.unwrap_err().to_string().contains("write the sink"));
}
