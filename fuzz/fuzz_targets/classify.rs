//! The classifier: no bytes panic, findings are within the input, in order and apart, and the same bytes give the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zt_core::data::Classifier;

fuzz_target!(|data: &[u8]| {
    let Ok(classifier) = Classifier::new().threshold(1) else { return };
    let found = classifier.classify(data);
    let mut end = 0;
    for finding in found.findings() {
        let range = finding.range();
        assert!(end <= range.start && range.start < range.end && range.end <= data.len(), "{finding:?}");
        end = range.end;
    }
    assert_eq!(found.level().is_some(), !found.findings().is_empty());
    assert_eq!(found, classifier.classify(data));
});
