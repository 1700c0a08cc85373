//! A program that reads a policy and prints it: what [`size_with`](size_with.rs) adds to is the catalogue.
#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use zt_core::policy::Policy;

fn main() {
    for argument in std::env::args().skip(1) {
        match Policy::parse(&argument) {
            Ok(policy) => println!("{policy}"),
            Err(error) => println!("{error}"),
        }
    }
}
