//! [`size_without`](size_without.rs), and everything that the catalogue offers.
#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::hint::black_box;

use zt_core::catalog;
use zt_core::policy::Policy;

fn main() {
    for argument in std::env::args().skip(1) {
        match Policy::parse(&argument) {
            Ok(policy) => println!("{policy}"),
            Err(error) => println!("{error}"),
        }
        use_all(&argument);
    }
}

fn use_all(text: &str) {
    black_box((catalog::source(), catalog::is_action(text), catalog::condition_keys().len()));
    black_box((catalog::did_you_mean(text), catalog::did_you_mean_key(text)));
    black_box(catalog::shrink([text]));
    if let Some(key) = catalog::condition_key(text) {
        black_box((key.name(), key.key_type(), key.is_multivalued(), key.is_open()));
    }
    for resource in catalog::resource_types(text) {
        black_box((resource.name(), resource.arn_pattern(), resource.matches(text)));
        resource.condition_keys().for_each(|key| drop(black_box(key.name())));
    }
    for action in catalog::expand(text).into_iter().chain(catalog::action(text)) {
        black_box((action.to_string(), action.access_level(), action.is_wildcard_only()));
        for resource in action.resources() {
            black_box((resource.resource_type().name(), resource.is_required()));
            resource.condition_keys().for_each(|key| drop(black_box(key.name())));
        }
        action.condition_keys().for_each(|key| drop(black_box(key.name())));
    }
    for service in catalog::services() {
        black_box((service.prefix(), service.name()));
        black_box(service.supports_resource_control_policies());
        service.actions().for_each(|action| drop(black_box(action.name())));
        service.resource_types().for_each(|resource| drop(black_box(resource.name())));
        service.condition_keys().for_each(|key| drop(black_box(key.name())));
    }
}
