//! From JSON text to a policy, with the place of everything that is wrong.
//!
//! `serde_json` reads each level into slices of the text (`RawValue`), so every value knows its offset, numbers keep their
//! digits, and names given twice are seen. Levels are few, so the text is gone over a handful of times.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::clause::{Action, OneOrMany, Resource, Shape};
use super::condition::{Conditions, Value};
use super::document::{Member, Policy, Version};
use super::error::{
    Duplicate, Place, PolicyError, Spot, SyntaxError, TooDeep, UnknownElement, closest,
};
use super::operator::Operator;
use super::principal::{PrincipalKind, Principals};
use super::statement::{Effect, Element, Statement};

pub(super) fn parse(text: &str) -> Result<Policy, PolicyError> {
    Reader { text, spots: true }.document()
}

pub(super) fn parse_bytes(bytes: &[u8]) -> Result<Policy, PolicyError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let text = std::str::from_utf8(valid).unwrap_or_default();
            let found = bytes
                .get(error.valid_up_to())
                .map_or("the end of the text".to_owned(), |byte| format!("the byte 0x{byte:02x}"));
            let place = Place { pointer: String::new(), spot: Some(Spot::of(text, text.len())) };
            Err(PolicyError::Syntax(SyntaxError { place, expected: "UTF-8".into(), found }))
        }
    }
}

/// For text that the caller's user has never seen: errors have pointers, but no lines and columns.
pub(super) fn parse_pointing(text: &str) -> Result<Policy, PolicyError> {
    Reader { text, spots: false }.document()
}

/// One token of a JSON pointer (RFC 6901).
pub(crate) fn escape_pointer(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) {
        Cow::Owned(name.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(name)
    }
}

/// How many lists may stand in one another. IAM takes one.
const MAX_NESTED_LISTS: usize = 16;

struct Reader<'a> {
    text: &'a str,
    spots: bool,
}

/// A value: its text, and the way to it.
#[derive(Clone, Copy)]
struct Node<'a, 'p> {
    raw: &'a str,
    path: &'p Path<'p>,
}

enum Path<'p> {
    Root,
    Name(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl Path<'_> {
    fn write(&self, pointer: &mut String) {
        match self {
            Self::Root => {}
            Self::Name(parent, name) => {
                parent.write(pointer);
                pointer.push('/');
                pointer.push_str(&escape_pointer(name));
            }
            Self::Index(parent, index) => {
                parent.write(pointer);
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
    }
}

impl<'a> Reader<'a> {
    fn document(&self) -> Result<Policy, PolicyError> {
        let root: &RawValue =
            serde_json::from_str(self.text).map_err(|error| self.syntax(self.text, &error))?;
        let root = Node { raw: root.get(), path: &Path::Root };
        let mut members = Vec::new();
        for (name, at, raw) in
            self.members(root, "a policy document: an object with a \"Statement\"")?
        {
            let path = Path::Name(root.path, &name);
            let node = Node { raw, path: &path };
            members.push(match name.as_str() {
                "Version" => Member::Version(self.version(node)?),
                "Id" => Member::Id(self.string(node, "a quoted text")?),
                "Statement" => self.statements(node)?,
                _ => return Err(self.unknown(at, &path, &name, Member::NAMES)),
            });
        }
        if !members.iter().any(|member| matches!(member, Member::Statement { .. })) {
            return Err(PolicyError::missing(
                self.place(root.raw, root.path),
                "a \"Statement\" element",
            ));
        }
        Ok(Policy::from_members(members))
    }

    fn version(&self, node: Node<'a, '_>) -> Result<Version, PolicyError> {
        const EXPECTED: &str = "\"2012-10-17\" or \"2008-10-17\"";
        let text = self.string(node, EXPECTED)?;
        Version::from_text(&text).ok_or_else(|| self.unexpected(node, EXPECTED))
    }

    fn statements(&self, node: Node<'a, '_>) -> Result<Member, PolicyError> {
        if node.raw.starts_with('{') {
            let statements = vec![self.statement(node)?];
            return Ok(Member::Statement { statements, bare: true });
        }
        let items = self.items(node, "a list of statements or one statement")?;
        let mut statements = Vec::with_capacity(items.len());
        for (index, raw) in items.into_iter().enumerate() {
            statements.push(self.statement(Node { raw, path: &Path::Index(node.path, index) })?);
        }
        Ok(Member::Statement { statements, bare: false })
    }

    fn statement(&self, node: Node<'a, '_>) -> Result<Statement, PolicyError> {
        const ACTIONS: &str = "an action or a list of actions";
        const RESOURCES: &str = "a resource or a list of resources";
        let mut elements = Vec::new();
        for (name, at, raw) in self.members(node, "a statement: an object")? {
            let path = Path::Name(node.path, &name);
            let node = Node { raw, path: &path };
            elements.push(match name.as_str() {
                "Sid" => Element::Sid(self.string(node, "a quoted text")?),
                "Id" => Element::Id(self.string(node, "a quoted text")?),
                "Effect" => Element::Effect(self.effect(node)?),
                "Principal" => Element::Principal(self.principals(node)?),
                "NotPrincipal" => Element::NotPrincipal(self.principals(node)?),
                "Action" => Element::Action(self.texts(node, ACTIONS, Action::from)?),
                "NotAction" => Element::NotAction(self.texts(node, ACTIONS, Action::from)?),
                "Resource" => Element::Resource(self.texts(node, RESOURCES, Resource::from)?),
                "NotResource" => {
                    Element::NotResource(self.texts(node, RESOURCES, Resource::from)?)
                }
                "Condition" => Element::Condition(self.conditions(node)?),
                _ => return Err(self.unknown(at, &path, &name, Element::NAMES)),
            });
        }
        if !elements.iter().any(|element| matches!(element, Element::Effect(_))) {
            return Err(PolicyError::missing(
                self.place(node.raw, node.path),
                "an \"Effect\" element",
            ));
        }
        Ok(Statement::from_elements(elements))
    }

    fn effect(&self, node: Node<'a, '_>) -> Result<Effect, PolicyError> {
        const EXPECTED: &str = "\"Allow\" or \"Deny\"";
        match self.string(node, EXPECTED)?.as_str() {
            "Allow" => Ok(Effect::Allow),
            "Deny" => Ok(Effect::Deny),
            _ => Err(self.unexpected(node, EXPECTED)),
        }
    }

    fn principals(&self, node: Node<'a, '_>) -> Result<Principals, PolicyError> {
        const EXPECTED: &str = "\"*\" or an object such as {\"AWS\": \"123456789012\"}";
        if !node.raw.starts_with('{') {
            return Ok(Principals::Bare(self.texts(node, EXPECTED, |text| text)?));
        }
        let mut kinds = Vec::new();
        for (name, at, raw) in self.members(node, EXPECTED)? {
            let path = Path::Name(node.path, &name);
            let kind = PrincipalKind::from_name(&name)
                .ok_or_else(|| self.unknown(at, &path, &name, PrincipalKind::NAMES))?;
            let texts = self.texts(
                Node { raw, path: &path },
                "a principal or a list of principals",
                |text| text,
            )?;
            kinds.push((kind, texts));
        }
        Ok(Principals::ByKind(kinds))
    }

    fn conditions(&self, node: Node<'a, '_>) -> Result<Conditions, PolicyError> {
        let mut operators = Vec::new();
        for (operator, _, raw) in self.members(node, "an object of condition operators")? {
            let path = Path::Name(node.path, &operator);
            let mut keys = Vec::new();
            for (key, _, raw) in
                self.members(Node { raw, path: &path }, "an object of condition keys")?
            {
                let path = Path::Name(&path, &key);
                let values = self.values(Node { raw, path: &path })?;
                keys.push((key, values));
            }
            operators.push((Operator::parse(&operator), keys));
        }
        Ok(Conditions::from_operators(operators))
    }

    fn values(&self, node: Node<'a, '_>) -> Result<OneOrMany<Value>, PolicyError> {
        const EXPECTED: &str = "a text, a number, a boolean, or a list of these";
        self.one_or_many(node, EXPECTED, &|node| match node.raw.as_bytes().first() {
            Some(b'"') => self.string(node, EXPECTED).map(Value::Text),
            Some(b't') => Ok(Value::Bool(true)),
            Some(b'f') => Ok(Value::Bool(false)),
            _ => Value::number(node.raw).ok_or_else(|| self.unexpected(node, EXPECTED)),
        })
    }

    fn texts<T>(
        &self,
        node: Node<'a, '_>,
        expected: &'static str,
        make: impl Fn(String) -> T,
    ) -> Result<OneOrMany<T>, PolicyError> {
        self.one_or_many(node, expected, &|node| self.string(node, expected).map(&make))
    }

    fn one_or_many<T>(
        &self,
        node: Node<'a, '_>,
        expected: &'static str,
        read: &dyn Fn(Node<'a, '_>) -> Result<T, PolicyError>,
    ) -> Result<OneOrMany<T>, PolicyError> {
        if !node.raw.starts_with('[') {
            return read(node).map(OneOrMany::one);
        }
        let mut items = Vec::new();
        let shape = self.list(node, expected, read, &mut items, 1)?;
        Ok(OneOrMany::nested(items, shape))
    }

    fn list<T>(
        &self,
        node: Node<'a, '_>,
        expected: &'static str,
        read: &dyn Fn(Node<'a, '_>) -> Result<T, PolicyError>,
        items: &mut Vec<T>,
        depth: usize,
    ) -> Result<Vec<Shape>, PolicyError> {
        if depth > MAX_NESTED_LISTS {
            let place = self.place(node.raw, node.path);
            return Err(PolicyError::TooDeep(TooDeep { place, limit: MAX_NESTED_LISTS }));
        }
        let mut shape = Vec::new();
        for (index, raw) in self.items(node, expected)?.into_iter().enumerate() {
            let path = Path::Index(node.path, index);
            let node = Node { raw, path: &path };
            if raw.starts_with('[') {
                shape.push(Shape::Nested(self.list(node, expected, read, items, depth + 1)?));
            } else {
                items.push(read(node)?);
                shape.push(Shape::Item);
            }
        }
        Ok(shape)
    }

    fn string(&self, node: Node<'a, '_>, expected: &'static str) -> Result<String, PolicyError> {
        if !node.raw.starts_with('"') {
            return Err(self.unexpected(node, expected));
        }
        serde_json::from_str(node.raw).map_err(|error| self.syntax(node.raw, &error))
    }

    fn items(
        &self,
        node: Node<'a, '_>,
        expected: &'static str,
    ) -> Result<Vec<&'a str>, PolicyError> {
        if !node.raw.starts_with('[') {
            return Err(self.unexpected(node, expected));
        }
        let items: Items<'a> =
            serde_json::from_str(node.raw).map_err(|error| self.syntax(node.raw, &error))?;
        Ok(items.0.into_iter().map(RawValue::get).collect())
    }

    /// Names, their text with quotes, and values.
    fn members(
        &self,
        node: Node<'a, '_>,
        expected: &'static str,
    ) -> Result<Vec<(String, &'a str, &'a str)>, PolicyError> {
        if !node.raw.starts_with('{') {
            return Err(self.unexpected(node, expected));
        }
        let members: Members<'a> =
            serde_json::from_str(node.raw).map_err(|error| self.syntax(node.raw, &error))?;
        let mut read: Vec<(String, &'a str, &'a str)> = Vec::with_capacity(members.0.len());
        let mut seen = std::collections::HashMap::with_capacity(members.0.len());
        for (raw_name, value) in members.0 {
            let at = raw_name.get();
            let name: String = serde_json::from_str(at).map_err(|error| self.syntax(at, &error))?;
            if let Some(first) = seen.insert(name.clone(), at) {
                let place = self.place(at, &Path::Name(node.path, &name));
                let first = self.spot(first);
                return Err(PolicyError::Duplicate(Duplicate { place, name, first }));
            }
            read.push((name, at, value.get()));
        }
        Ok(read)
    }

    fn unknown(
        &self,
        at: &'a str,
        path: &Path<'_>,
        name: &str,
        known: &'static [&'static str],
    ) -> PolicyError {
        PolicyError::UnknownElement(UnknownElement {
            place: self.place(at, path),
            name: name.to_owned(),
            known,
            suggestion: closest(name, known),
        })
    }

    fn unexpected(&self, node: Node<'a, '_>, expected: &'static str) -> PolicyError {
        PolicyError::unexpected(self.place(node.raw, node.path), expected, describe(node.raw))
    }

    fn place(&self, raw: &'a str, path: &Path<'_>) -> Place {
        let mut pointer = String::new();
        path.write(&mut pointer);
        Place { pointer, spot: self.spot(raw) }
    }

    fn spot(&self, raw: &'a str) -> Option<Spot> {
        self.spots.then(|| Spot::of(self.text, self.offset(raw)))
    }

    /// Where a slice of the text starts in it.
    fn offset(&self, raw: &'a str) -> usize {
        raw.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    /// What `serde_json` says about a slice of the text, as a place in all of it.
    fn syntax(&self, raw: &'a str, error: &serde_json::Error) -> PolicyError {
        let lines_before: usize =
            raw.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let mut at = self.offset(raw) + lines_before + error.column().saturating_sub(1);
        if error.is_eof() {
            at = self.text.len();
        }
        at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let rest = self.text.get(at..).unwrap_or_default();
        let found = match rest.chars().next() {
            None => "the end of the text".to_owned(),
            Some(character) => format!("{character:?}"),
        };
        let place =
            Place { pointer: String::new(), spot: self.spots.then(|| Spot::of(self.text, at)) };
        PolicyError::Syntax(SyntaxError { place, expected: expectation(error), found })
    }
}

/// What JSON asks for, in words.
fn expectation(error: &serde_json::Error) -> Cow<'static, str> {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    match message {
        "EOF while parsing a string" => "the closing quote".into(),
        "EOF while parsing a list" => "`,` or `]`".into(),
        "EOF while parsing an object" => "`,` or `}`".into(),
        "EOF while parsing a value" | "expected value" => "a JSON value".into(),
        "key must be a string" => "a quoted name".into(),
        "trailing comma" => "another value after the comma".into(),
        "trailing characters" => "the end of the text".into(),
        "invalid escape" => "an escape of JSON, such as `\\n` or `\\u00e9`".into(),
        "invalid number" => "a number".into(),
        "expected ident" => "`true`, `false` or `null`".into(),
        other => match other.strip_prefix("expected ") {
            Some(expected) => expected.to_owned().into(),
            None => format!("JSON ({other})").into(),
        },
    }
}

/// A value in words, short enough for a message.
fn describe(raw: &str) -> String {
    const LONGEST: usize = 60;
    match raw.as_bytes().first() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        _ if raw.chars().count() > LONGEST => raw.chars().take(LONGEST).chain(['…']).collect(),
        _ => raw.to_owned(),
    }
}

/// The items of a list, unread.
struct Items<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(all)
            }
        }

        deserializer.deserialize_seq(Collect).map(Items)
    }
}

/// The members of an object, unread, in order, doubles included.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(&'de RawValue, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = members.next_entry()? {
                    all.push(member);
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(Collect).map(Members)
    }
}
