//! What plans know of AWS's APIs: operations, their members, and what these may be.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

/// The data set that the facts come from: name, version and licence.
pub(super) fn source() -> &'static str {
    TEXT.lines().next().and_then(|line| line.split('\t').nth(1)).unwrap_or_default()
}

/// The services that plans may call, sorted.
pub(super) fn services() -> Vec<&'static str> {
    let mut names: Vec<_> = API.keys().copied().collect();
    names.sort_unstable();
    names
}

/// The service with a name: `iam`.
pub(super) fn service(name: &str) -> Option<&'static Service> {
    API.get(name)
}

static TEXT: &str = include_str!("operations.txt");

static API: LazyLock<HashMap<&'static str, Service>> = LazyLock::new(|| read(TEXT));

/// Operations and shapes of one service.
#[derive(Debug, Default)]
pub(super) struct Service {
    operations: HashMap<&'static str, Operation>,
    shapes: HashMap<&'static str, Shape>,
}

impl Service {
    pub(super) fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// Names of the operations, sorted.
    pub(super) fn operations(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.operations.keys().copied().collect();
        names.sort_unstable();
        names
    }

    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }
}

#[derive(Debug)]
pub(super) struct Operation {
    /// The name of a structure; none when it takes nothing.
    pub(super) input: Option<&'static str>,
    /// The name of a structure; none when it answers nothing.
    pub(super) output: Option<&'static str>,
}

#[derive(Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Least length of texts and lists, least value of numbers.
    pub(super) min: Option<i64>,
    /// Greatest length of texts and lists, greatest value of numbers.
    pub(super) max: Option<i64>,
    /// All values, where AWS lists them.
    pub(super) values: Vec<&'static str>,
    pub(super) sensitive: bool,
    pattern: Option<Pattern>,
}

impl Shape {
    /// The pattern that a text does not fit.
    pub(super) fn misfit(&self, text: &str) -> Option<&'static str> {
        let pattern = self.pattern.as_ref()?;
        match pattern.regex() {
            Some(regex) if !regex.is_match(text) => Some(pattern.text),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) enum Kind {
    Structure(Vec<Member>),
    /// The shape of the items.
    List(&'static str),
    /// The shape of the values; keys are texts.
    Map(&'static str),
    Text,
    Integer,
    Decimal,
    Boolean,
    Timestamp,
    Blob,
}

impl Kind {
    /// What a value of this kind is, as a phrase.
    pub(super) fn phrase(&self) -> &'static str {
        match self {
            Self::Structure(_) => "an object",
            Self::List(_) => "a list",
            Self::Map(_) => "an object of texts to values",
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Decimal => "a number",
            Self::Boolean => "true or false",
            Self::Timestamp => "an instant such as 2026-01-31T12:00:00Z",
            Self::Blob => "base64",
        }
    }
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: &'static str,
    pub(super) required: bool,
    /// Whether requests with the same value are one request.
    pub(super) token: bool,
}

#[derive(Debug)]
struct Pattern {
    text: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Compiled at first use. INVARIANT: compiles; a test tries all.
    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(&format!("^(?:{})$", self.text)).ok()).as_ref()
    }
}

fn read(text: &'static str) -> HashMap<&'static str, Service> {
    let mut services: HashMap<&'static str, Service> = HashMap::new();
    let mut current = "";
    for line in text.lines().skip(1) {
        let mut fields = line.split('\t');
        let (Some(kind), Some(name)) = (fields.next(), fields.next()) else {
            continue;
        };
        if kind == "service" {
            current = name;
            continue;
        }
        let service = services.entry(current).or_default();
        if kind == "operation" {
            let mut shape = || fields.next().filter(|name| *name != "-");
            let operation = Operation { input: shape(), output: shape() };
            service.operations.insert(name, operation);
        } else if let Some(shape) = read_shape(kind, name, fields) {
            service.shapes.insert(name, shape);
        }
    }
    services
}

fn read_shape(
    kind: &str,
    name: &'static str,
    fields: impl Iterator<Item = &'static str> + Clone,
) -> Option<Shape> {
    let get =
        |key: &str| fields.clone().find_map(|field| field.strip_prefix(key)?.strip_prefix('='));
    let kind = match kind {
        "structure" => Kind::Structure(fields.clone().filter_map(read_member).collect()),
        "list" => Kind::List(get("of")?),
        "map" => Kind::Map(get("of")?),
        "string" => Kind::Text,
        "integer" | "long" => Kind::Integer,
        "double" | "float" => Kind::Decimal,
        "boolean" => Kind::Boolean,
        "timestamp" => Kind::Timestamp,
        "blob" => Kind::Blob,
        _ => return None,
    };
    let is_structure = matches!(kind, Kind::Structure(_));
    let get = |key| if is_structure { None } else { get(key) };
    Some(Shape {
        name,
        kind,
        min: get("min").and_then(|number| number.parse().ok()),
        max: get("max").and_then(|number| number.parse().ok()),
        values: get("enum").map(|values| values.split('|').collect()).unwrap_or_default(),
        sensitive: get("sensitive").is_some(),
        pattern: get("pattern").map(|text| Pattern { text, regex: OnceLock::new() }),
    })
}

fn read_member(field: &'static str) -> Option<Member> {
    let (name, shape) = field.split_once('=')?;
    let plain = name.trim_end_matches(['!', '~']);
    Some(Member { name: plain, shape, required: name.ends_with('!'), token: name.ends_with('~') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert!(source().starts_with("botocore 1."), "{}", source());
        assert_eq!(services(), ["ec2", "iam", "logs", "scheduler", "sts"]);
        let lines = TEXT.lines().filter(|line| !line.starts_with("so")).count();
        let mut read = API.len();
        for service in API.values() {
            read += service.operations.len() + service.shapes.len();
            for operation in service.operations.values() {
                for shape in [operation.input, operation.output].into_iter().flatten() {
                    assert!(matches!(service.shapes[shape].kind, Kind::Structure(_)), "{shape}");
                }
            }
            for shape in service.shapes.values() {
                match &shape.kind {
                    Kind::Structure(members) => {
                        assert!(
                            members.iter().all(|member| service.shapes.contains_key(member.shape))
                        );
                    }
                    Kind::List(of) | Kind::Map(of) => assert!(service.shapes.contains_key(of)),
                    _ => {}
                }
            }
        }
        assert_eq!(read, lines);
    }

    #[test]
    fn every_pattern_compiles() {
        for shape in API.values().flat_map(|service| service.shapes.values()) {
            if let Some(pattern) = &shape.pattern {
                assert!(pattern.regex().is_some(), "{}: {}", shape.name, pattern.text);
            }
        }
    }

    #[test]
    fn patterns_hold_for_whole_texts() {
        let iam = service("iam").unwrap();
        let name = iam.shape("roleNameType").unwrap();
        assert_eq!(name.misfit("app-role_1@x"), None);
        assert!(name.misfit("app role").is_some());
        assert!(name.misfit("rôle").is_some());
        let path = iam.shape("pathType").unwrap();
        assert_eq!((path.misfit("/"), path.misfit("/zt/")), (None, None));
        assert!(path.misfit("zt/").is_some());
    }
}
