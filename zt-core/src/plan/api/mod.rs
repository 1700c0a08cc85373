//! What plans know of AWS's APIs: operations, their members, and what these may be.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use crate::catalog::{self, AccessLevel};

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
    /// In the order of the table: shapes name each other by number.
    shapes: Vec<Shape>,
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

    pub(super) fn shape(&self, number: usize) -> Option<&Shape> {
        self.shapes.get(number)
    }
}

#[derive(Debug)]
pub(super) struct Operation {
    /// A structure; none when it takes nothing.
    pub(super) input: Option<usize>,
    /// A structure; none when it answers nothing.
    pub(super) output: Option<usize>,
    /// Whether it changes nothing, by the *Access level* of the Service Authorization Reference.
    pub(super) reads: bool,
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
    List(usize),
    /// The shape of the values; keys are texts.
    Map(usize),
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
    pub(super) shape: usize,
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
    // Services follow each other; each is read by itself.
    let mut services = HashMap::new();
    for part in text.split("\nservice\t").skip(1) {
        let (name, lines) = part.split_once('\n').unwrap_or((part, ""));
        services.insert(name, read_service(name, lines));
    }
    services
}

fn read_service(name: &'static str, lines: &'static str) -> Service {
    let mut service = Service::default();
    let of_shapes = || lines.lines().filter(|line| !line.starts_with("operation\t"));
    let mut numbers: HashMap<&'static str, usize> = HashMap::new();
    for (number, line) in of_shapes().enumerate() {
        numbers.insert(line.split('\t').nth(1).unwrap_or_default(), number);
    }
    service.shapes = of_shapes().filter_map(|line| read_shape(line, &numbers)).collect();
    for line in lines.lines().filter(|line| line.starts_with("operation\t")) {
        let mut fields = line.split('\t').skip(1);
        let operation = fields.next().unwrap_or_default();
        let mut shape = || fields.next().and_then(|name| numbers.get(name).copied());
        let (input, output) = (shape(), shape());
        let reads = reads(name, operation);
        service.operations.insert(operation, Operation { input, output, reads });
    }
    service
}

fn reads(service: &str, operation: &str) -> bool {
    // An action that needs no permission is in no catalogue.
    (service, operation) == ("sts", "GetCallerIdentity")
        || catalog::action(&format!("{service}:{operation}")).is_some_and(|action| {
            matches!(action.access_level(), AccessLevel::Read | AccessLevel::List)
        })
}

fn read_shape(line: &'static str, numbers: &HashMap<&'static str, usize>) -> Option<Shape> {
    let mut fields = line.split('\t');
    let (kind, name) = (fields.next()?, fields.next()?);
    let get =
        |key: &str| fields.clone().find_map(|field| field.strip_prefix(key)?.strip_prefix('='));
    let number = |key: &str| numbers.get(get(key)?).copied();
    let member = |field: &'static str| {
        let (name, shape) = field.split_once('=')?;
        Some(Member {
            name: name.trim_end_matches(['!', '~']),
            shape: numbers.get(shape).copied()?,
            required: name.ends_with('!'),
            token: name.ends_with('~'),
        })
    };
    let kind = match kind {
        "structure" => Kind::Structure(fields.clone().filter_map(member).collect()),
        "list" => Kind::List(number("of")?),
        "map" => Kind::Map(number("of")?),
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
            // Numbers that are no shape's, and names that are none, are not read at all: the counts would differ.
            for operation in service.operations.values() {
                for shape in [operation.input, operation.output].into_iter().flatten() {
                    assert!(matches!(service.shapes[shape].kind, Kind::Structure(_)));
                }
            }
        }
        // So is every member.
        let members: usize = API
            .values()
            .flat_map(|service| &service.shapes)
            .map(|shape| match &shape.kind {
                Kind::Structure(members) => members.len(),
                _ => 0,
            })
            .sum();
        let of_structures = TEXT.lines().filter(|line| line.starts_with("structure\t"));
        assert_eq!(members, of_structures.map(|line| line.split('\t').count() - 2).sum::<usize>());
        assert_eq!(read, lines);
    }

    #[test]
    fn every_pattern_compiles() {
        for shape in API.values().flat_map(|service| &service.shapes) {
            if let Some(pattern) = &shape.pattern {
                assert!(pattern.regex().is_some(), "{}: {}", shape.name, pattern.text);
            }
        }
    }

    #[test]
    fn patterns_hold_for_whole_texts() {
        let iam = service("iam").unwrap();
        let shape = |name| iam.shapes.iter().find(|shape| shape.name == name).unwrap();
        let name = shape("roleNameType");
        assert_eq!(name.misfit("app-role_1@x"), None);
        assert!(name.misfit("app role").is_some());
        assert!(name.misfit("rôle").is_some());
        let path = shape("pathType");
        assert_eq!((path.misfit("/"), path.misfit("/zt/")), (None, None));
        assert!(path.misfit("zt/").is_some());
    }
}
