//! What statements list: actions, resources, and lists that remember whether they had brackets.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::arn::{Arn, ArnParts};
use super::variable::escape;

/// One value or a list of values, as its author wrote it.
///
/// "Where an array is allowed and there is one value, the brackets may be omitted" (IAM User Guide, *Grammar of
/// the IAM JSON policy language*). `"*"` and `["*"]` mean the same; this type keeps which one it was.
/// Lists inside lists, which IAM refuses but some documents have, are kept too: their items read as if in one list.
///
/// ```
/// use zt_core::policy::OneOrMany;
///
/// let one: OneOrMany<&str> = ["s3:GetObject"].into_iter().collect();
/// assert!(one.is_scalar());
/// let many: OneOrMany<&str> = ["s3:GetObject", "s3:PutObject"].into_iter().collect();
/// assert_eq!(many.as_slice(), ["s3:GetObject", "s3:PutObject"]);
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OneOrMany<T> {
    items: Vec<T>,
    shape: Shape,
}

impl<T> OneOrMany<T> {
    /// A value without brackets.
    pub fn one(item: T) -> Self {
        Self { items: vec![item], shape: Shape::Item }
    }

    /// A list in brackets, even when it holds one value or none.
    pub fn list(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), shape: Shape::List }
    }

    /// The values in the order of their author.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }

    /// The values in the order of their author.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no value at all: `[]`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether the value stands without brackets.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        matches!(self.shape, Shape::Item)
    }

    /// The part of a JSON pointer that leads from the list to an item: nothing for a value without brackets.
    pub(crate) fn path_of(&self, at: usize) -> String {
        fn find(shape: &[Shape], left: &mut usize, path: &mut String) -> bool {
            for (index, part) in shape.iter().enumerate() {
                match part {
                    Shape::Nested(inner) => {
                        let length = path.len();
                        path.push_str(&format!("/{index}"));
                        if find(inner, left, path) {
                            return true;
                        }
                        path.truncate(length);
                    }
                    _ if *left == 0 => {
                        path.push_str(&format!("/{index}"));
                        return true;
                    }
                    _ => *left -= 1,
                }
            }
            false
        }
        match &self.shape {
            Shape::Item => String::new(),
            Shape::List => format!("/{at}"),
            Shape::Nested(shape) => {
                let (mut left, mut path) = (at, String::new());
                find(shape, &mut left, &mut path);
                path
            }
        }
    }

    /// Whether there are lists in the list, which IAM refuses.
    pub(crate) fn is_nested(&self) -> bool {
        matches!(self.shape, Shape::Nested(_))
    }

    pub(super) fn nested(items: Vec<T>, shape: Vec<Shape>) -> Self {
        if shape.iter().all(|part| matches!(part, Shape::Item)) {
            return Self { items, shape: Shape::List };
        }
        Self { items, shape: Shape::Nested(shape) }
    }

    /// Appends values; what stood without brackets gets them when it is joined by another.
    pub(super) fn extend(&mut self, more: impl IntoIterator<Item = T>) {
        self.items.extend(more);
        self.shape = if self.items.len() == 1 { Shape::Item } else { Shape::List };
    }
}

impl<T> From<T> for OneOrMany<T> {
    fn from(item: T) -> Self {
        Self::one(item)
    }
}

impl<T> FromIterator<T> for OneOrMany<T> {
    /// One value stands without brackets, any other number with them.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        let shape = if items.len() == 1 { Shape::Item } else { Shape::List };
        Self { items, shape }
    }
}

impl<'a, T> IntoIterator for &'a OneOrMany<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.shape, self.items.as_slice()) {
            (Shape::Item, [item]) => item.serialize(serializer),
            (Shape::Nested(shape), items) => {
                let items = std::cell::RefCell::new(items.iter());
                Nested { shape, items: &items }.serialize(serializer)
            }
            (_, items) => serializer.collect_seq(items),
        }
    }
}

/// How the brackets stood.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Shape {
    Item,
    List,
    Nested(Vec<Shape>),
}

/// Writes items into the brackets they came from.
struct Nested<'a, T> {
    shape: &'a [Shape],
    items: &'a std::cell::RefCell<std::slice::Iter<'a, T>>,
}

impl<T: Serialize> Serialize for Nested<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.shape.len()))?;
        for part in self.shape {
            match part {
                Shape::Nested(shape) => {
                    list.serialize_element(&Nested { shape, items: self.items })?;
                }
                Shape::Item | Shape::List => {
                    let next = self.items.borrow_mut().next();
                    if let Some(item) = next {
                        list.serialize_element(item)?;
                    }
                }
            }
        }
        list.end()
    }
}

/// An action, or a pattern of actions: `s3:GetObject`, `s3:Get*`, `*`.
///
/// Matching ignores case; `*` is any run of characters and `?` exactly one (IAM User Guide, *IAM JSON policy elements:
/// Action*). Any text can be carried, because documents of others may hold any; [`Policy::builder`] refuses
/// text that cannot be an action, and [`action!`](crate::action) refuses at compile time what AWS does not have.
///
/// [`Policy::builder`]: super::Policy::builder
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Action(Cow<'static, str>);

impl Action {
    /// An action from a text that lives as long as the program. Prefer [`action!`](crate::action), which looks it up.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The service prefix, `s3` of `s3:GetObject`, if there is one.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.0.split_once(':').map(|(service, _)| service)
    }

    /// Whether a text has the form of an action: `*`, or a service prefix of letters, digits and hyphens (or `*`), a
    /// colon, and a name of letters, digits, `-`, `_`, `.` and the wildcards `*` and `?`.
    ///
    /// ```
    /// use zt_core::policy::Action;
    ///
    /// assert!(Action::is_well_formed("s3:Get*"));
    /// assert!(!Action::is_well_formed("s3.GetObject"));
    /// ```
    #[must_use]
    pub const fn is_well_formed(text: &str) -> bool {
        let mut rest = text.as_bytes();
        if let [b'*'] = rest {
            return true;
        }
        if let [b'*', b':', tail @ ..] = rest {
            return is_action_name(tail);
        }
        let mut prefix = 0_usize;
        while let [first, tail @ ..] = rest {
            rest = tail;
            match *first {
                b':' => return prefix > 0 && is_action_name(rest),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => prefix += 1,
                _ => return false,
            }
        }
        false
    }
}

const fn is_action_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [first, tail @ ..] = rest {
        if !matches!(*first, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'?')
        {
            return false;
        }
        rest = tail;
    }
    !name.is_empty()
}

/// A resource, or a pattern of resources: an ARN such as `arn:aws:s3:::bucket/*`, or `*`.
///
/// Matching minds case; `*` is any run of characters and `?` exactly one; `${...}` after the fifth colon is a policy
/// variable (IAM User Guide, *IAM JSON policy elements: Resource*). Any text can be carried.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Resource(Cow<'static, str>);

impl Resource {
    /// Every resource: `*`.
    pub const ANY: Self = Self(Cow::Borrowed("*"));

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The six parts of the pattern of an ARN, or `None` for `*` and for patterns whose wildcards stand for colons.
    ///
    /// ```
    /// use zt_core::policy::Resource;
    ///
    /// let resource = Resource::from("arn:aws:s3:::${aws:username}/*");
    /// let parts = resource.arn_parts().unwrap();
    /// assert_eq!((parts.service, parts.resource), ("s3", "${aws:username}/*"));
    /// ```
    #[must_use]
    pub fn arn_parts(&self) -> Option<ArnParts<'_>> {
        ArnParts::of(&self.0)
    }

    /// Whether a text has the form of a resource: `*`, or `arn:` with its five colons, or a pattern whose wildcard
    /// stands for the missing ones (`arn:aws:s3*`).
    ///
    /// ```
    /// use zt_core::policy::Resource;
    ///
    /// assert!(Resource::is_well_formed("arn:aws:s3:::bucket/*"));
    /// assert!(!Resource::is_well_formed("my-bucket"));
    /// ```
    #[must_use]
    pub fn is_well_formed(text: &str) -> bool {
        text.starts_with('*')
            || (text.starts_with("arn:")
                && (text.matches(':').count() >= 5 || text.contains(['*', '?'])))
    }
}

macro_rules! text_type {
    ($($name:ident),*) => {$(
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Cow::Owned(text.to_owned()))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Cow::Owned(text))
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self(Cow::Owned(text.clone()))
            }
        }

        impl From<&$name> for $name {
            fn from(text: &$name) -> Self {
                text.clone()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_type!(Action, Resource);

impl From<&Arn> for Resource {
    /// This very resource: what would be wildcards and variables is escaped.
    fn from(arn: &Arn) -> Self {
        Self(Cow::Owned(escape(arn.as_str())))
    }
}

impl From<Arn> for Resource {
    fn from(arn: Arn) -> Self {
        Self::from(&arn)
    }
}

/// An [`Action`](crate::policy::Action) that is looked up in the [catalogue](mod@crate::catalog) at compile time.
///
/// ```
/// use zt_core::action;
///
/// assert_eq!(action!("iam:GetUser").service(), Some("iam"));
/// assert_eq!(action!("s3:Get*").as_str(), "s3:Get*");
/// ```
///
/// What AWS does not have does not compile; neither does a pattern that matches nothing:
///
/// ```compile_fail,E0080
/// let action = zt_core::action!("s3:GetObjct");
/// ```
/// ```compile_fail,E0080
/// let action = zt_core::action!("s3:Gte*");
/// ```
/// ```compile_fail,E0080
/// let action = zt_core::action!("iam.GetUser");
/// ```
///
/// AWS adds actions every week, and does not document all. Say so, and only the form is checked:
///
/// ```
/// assert_eq!(zt_core::action!(undocumented "s3:BrandNew").as_str(), "s3:BrandNew");
/// ```
/// ```compile_fail,E0080
/// let action = zt_core::action!(undocumented "s3.BrandNew");
/// ```
#[macro_export]
macro_rules! action {
    (undocumented $text:literal) => {{
        const {
            assert!(
                $crate::policy::Action::is_well_formed($text),
                "not an action: expected `service:Name`, as in `iam:GetUser`"
            );
        }
        $crate::policy::Action::from_static($text)
    }};
    ($text:literal) => {{
        const {
            assert!(
                $crate::policy::Action::is_well_formed($text),
                "not an action: expected `service:Name`, as in `iam:GetUser`"
            );
            assert!(
                $crate::catalog::is_action($text),
                "{}",
                concat!(
                    "AWS has no action `",
                    $text,
                    "`; if it is new, `action!(undocumented ...)`"
                )
            );
        }
        $crate::policy::Action::from_static($text)
    }};
}
