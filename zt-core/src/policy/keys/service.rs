//! What `services.rs` is written in.

/// A module for each service, with a function for each of its keys.
macro_rules! service_keys {
    ($($module:ident $(+ $global:ident)? = $prefix:literal {
        $($shape:ident $function:ident($($part:ident)?): $kind:ident = $($name:literal)+;)*
    })*) => {$(
        #[doc = concat!("Condition keys `", $prefix, ":...`.")]
        pub mod $module {
            use super::*;
            $(#[doc(inline)] pub use super::super::$global::$module::*;)?

            $(service_keys! { @ $shape $function($($part)?) $kind $($name)+ })*
        }
    )*};

    (@ one $function:ident() $kind:ident $name:literal) => {
        #[doc = concat!("`", $name, "`.")]
        #[must_use]
        pub fn $function() -> Key<$kind> {
            Key::new($name)
        }
    };
    (@ many $function:ident() $kind:ident $name:literal) => {
        #[doc = concat!("`", $name, "`.")]
        #[must_use]
        pub fn $function() -> MultiKey<$kind> {
            MultiKey::new($name)
        }
    };
    (@ open_one $function:ident($part:ident) $kind:ident $head:literal $tail:literal) => {
        #[doc = concat!("`", $head, "...", $tail, "`, with `", stringify!($part), "` in it.")]
        #[must_use]
        pub fn $function($part: &str) -> Key<$kind> {
            Key::new(super::super::service::open($head, $part, $tail))
        }
    };
    (@ open_many $function:ident($part:ident) $kind:ident $head:literal $tail:literal) => {
        #[doc = concat!("`", $head, "...", $tail, "`, with `", stringify!($part), "` in it.")]
        #[must_use]
        pub fn $function($part: &str) -> MultiKey<$kind> {
            MultiKey::new(super::super::service::open($head, $part, $tail))
        }
    };
}

pub(super) fn open(head: &str, part: &str, tail: &str) -> String {
    [head, part, tail].concat()
}
