//! Services, actions, resource types and condition keys.

use std::fmt;

use super::find::{self, Actions};
use super::table::{FACTS, KEY, List, Reader, ServiceRecord, TABLE, Text};

/// A service that policies can name: `s3`.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Service {
    number: usize,
}

impl Service {
    pub(super) fn all() -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator + Clone {
        (0..TABLE.service_count()).map(|number| Self { number })
    }

    pub(super) fn find(prefix: &str) -> Option<Self> {
        find::service(prefix.as_bytes()).map(|number| Self { number })
    }

    /// What its actions begin with, in lower case: `s3`.
    #[must_use]
    #[inline(never)]
    pub fn prefix(&self) -> String {
        self.prefix_text().as_str().to_owned()
    }

    /// What AWS calls it: `Amazon S3`. Several services can have one name, and one service several prefixes.
    #[must_use]
    #[inline(never)]
    pub fn name(&self) -> String {
        TABLE.string(self.record().name).as_str().to_owned()
    }

    /// Its actions, sorted by name without regard to case.
    pub fn actions(&self) -> impl Iterator<Item = Action> + Clone + use<> {
        let service = *self;
        let mut all = Actions::of(self.record());
        std::iter::from_fn(move || Action::next(service, &mut all))
    }

    /// How many actions it has.
    #[must_use]
    pub fn action_count(&self) -> usize {
        self.record().action_count
    }

    /// The action with a name, in any case: `GetObject`.
    #[must_use]
    #[inline(never)]
    pub fn action(&self, name: &str) -> Option<Action> {
        let mut all = Actions::from(self.record(), name.as_bytes());
        while all.more() {
            let action = Action { service: *self, number: all.number, reader: all.reader };
            match all.reader.compare_text(name.as_bytes()) {
                std::cmp::Ordering::Less => all.skip_facts(),
                std::cmp::Ordering::Equal => return Some(action),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }

    /// Its actions that fit a pattern of names, in any case: `Get*`.
    #[inline(never)]
    pub(super) fn matching(&self, pattern: &str, found: &mut Vec<Action>) {
        let literal = find::literal_start(pattern.as_bytes());
        let mut all = Actions::from(self.record(), literal);
        while all.more() {
            let action = Action { service: *self, number: all.number, reader: all.reader };
            let name = all.reader.text();
            if find::is_past(name.as_bytes(), literal) {
                return;
            }
            if find::fits(pattern.as_bytes(), name.as_bytes()) {
                found.push(action);
            }
            all.skip_facts();
        }
    }

    /// The types of resources that its actions act on, sorted by name without regard to case.
    pub fn resource_types(&self) -> impl Iterator<Item = ResourceType> + Clone + use<> {
        let record = self.record();
        let service = *self;
        (0..record.resource_count).filter_map(move |number| ResourceType::numbered(service, number))
    }

    /// The resource type with a name, in any case: `bucket`.
    #[must_use]
    pub fn resource_type(&self, name: &str) -> Option<ResourceType> {
        self.resource_types()
            .find(|resource| resource.name_text().as_str().eq_ignore_ascii_case(name))
    }

    /// The condition keys that its actions and resource types know, sorted by name without regard to case. Keys that
    /// every request may have, such as `aws:SourceIp`, are not among them unless the service documents them.
    pub fn condition_keys(&self) -> impl Iterator<Item = ConditionKey> + Clone + use<> {
        List::at(self.record().keys).map(|number| ConditionKey { number })
    }

    /// Whether resource control policies apply to it (Organizations User Guide, *Resource control policies*).
    #[must_use]
    pub fn supports_resource_control_policies(&self) -> bool {
        self.record().rcp
    }

    fn record(&self) -> ServiceRecord {
        ServiceRecord::read(self.number)
    }

    fn prefix_text(&self) -> Text {
        TABLE.string(self.record().prefix)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix_text().as_str())
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({self})")
    }
}

/// An action: `s3:GetObject`.
#[derive(Clone, Copy)]
pub struct Action {
    service: Service,
    number: usize,
    reader: Reader,
}

impl Action {
    #[inline(never)]
    fn next(service: Service, all: &mut Actions) -> Option<Self> {
        all.more().then(|| {
            let action = Self { service, number: all.number, reader: all.reader };
            all.reader.skip_text();
            all.skip_facts();
            action
        })
    }

    /// Its service.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// Its name without the service: `GetObject`.
    #[must_use]
    #[inline(never)]
    pub fn name(&self) -> String {
        self.name_text().as_str().to_owned()
    }

    /// What it does, by the *Access level* column of the Service Authorization Reference.
    #[must_use]
    pub fn access_level(&self) -> AccessLevel {
        let bits = self.facts().0;
        if bits & 8 != 0 {
            AccessLevel::PermissionsManagement
        } else if bits & 16 != 0 {
            AccessLevel::Tagging
        } else if bits & 4 != 0 {
            AccessLevel::Write
        } else if bits & 2 != 0 {
            AccessLevel::Read
        } else {
            AccessLevel::List
        }
    }

    /// The types of resources that it acts on, in the order of AWS. Without any, a statement must name `*`.
    pub fn resources(&self) -> impl Iterator<Item = ActionResource> + Clone + use<> {
        let service = self.service;
        let mut list = List::indexed(TABLE.resource_lists, self.facts().1);
        std::iter::from_fn(move || ActionResource::next(service, &mut list))
    }

    /// Whether it acts on no type of resource: a statement that allows it must name `*`.
    #[must_use]
    pub fn is_wildcard_only(&self) -> bool {
        self.resources().next().is_none()
    }

    /// The condition keys that it knows whatever it acts on, sorted by name without regard to case. Those of its
    /// [`resources`](Self::resources) come on top.
    pub fn condition_keys(&self) -> impl Iterator<Item = ConditionKey> + Clone + use<> {
        List::indexed(TABLE.key_lists, self.facts().2).map(|number| ConditionKey { number })
    }

    /// Whether the service documents a condition key for it: for the action, or for a type of resource that it acts on.
    ///
    /// Keys that every request may have, such as `aws:SourceIp`, are seldom documented so.
    #[must_use]
    pub fn has_condition_key(&self, key: ConditionKey) -> bool {
        self.condition_keys().any(|known| known == key)
            || self.resources().any(|resource| {
                resource.condition_keys().any(|known| known == key)
                    || resource.resource_type.condition_keys().any(|known| known == key)
            })
    }

    fn name_text(&self) -> Text {
        let mut reader = self.reader;
        reader.text()
    }

    /// Level, resource list, key list.
    #[inline(never)]
    fn facts(&self) -> (u8, usize, usize) {
        let mut reader = self.reader;
        reader.skip_text();
        let mut facts = Reader::at(TABLE.facts, reader.number() * FACTS);
        (facts.byte(), facts.little_endian(2), facts.little_endian(2))
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        (self.service, self.number) == (other.service, other.number)
    }
}

impl Eq for Action {}

impl PartialOrd for Action {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Action {
    /// By service, then by name without regard to case.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.service, self.number).cmp(&(other.service, other.number))
    }
}

impl std::hash::Hash for Action {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.service, self.number).hash(state);
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name_text().as_str())
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({self})")
    }
}

/// What an action does (Service Authorization Reference, *Access level*).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AccessLevel {
    /// Says which resources there are.
    List,
    /// Reads what is in a resource.
    Read,
    /// Makes, changes or deletes a resource.
    Write,
    /// Grants permissions or changes them. Also a kind of writing.
    PermissionsManagement,
    /// Changes tags only. Also a kind of writing.
    Tagging,
}

impl AccessLevel {
    /// AWS's words for it: `Permissions management`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::PermissionsManagement => "Permissions management",
            Self::Tagging => "Tagging",
        }
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A type of resource, as one action knows it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ActionResource {
    resource_type: ResourceType,
    required: bool,
    keys: Option<usize>,
}

impl ActionResource {
    #[inline(never)]
    fn next(service: Service, list: &mut List) -> Option<Self> {
        let item = list.next()?;
        let resource_type = ResourceType::numbered(service, item / 4)?;
        let keys = (item % 2 == 1).then(|| list.next()).flatten();
        Some(Self { resource_type, required: item & 2 != 0, keys })
    }

    /// The type.
    #[must_use]
    pub fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// Whether every request for the action names a resource of this type.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Condition keys that the action knows with this type only.
    pub fn condition_keys(&self) -> impl Iterator<Item = ConditionKey> + Clone + use<> {
        let list = match self.keys {
            Some(number) => List::indexed(TABLE.key_lists, number),
            None => List::empty(),
        };
        list.map(|number| ConditionKey { number })
    }
}

/// A type of resource: `bucket` of `s3`.
#[derive(Clone, Copy)]
pub struct ResourceType {
    service: Service,
    number: usize,
    reader: Reader,
}

impl ResourceType {
    /// The type with a number, of a service.
    #[inline(never)]
    fn numbered(service: Service, number: usize) -> Option<Self> {
        let record = service.record();
        let mut starts = Reader::at(TABLE.resource_starts, (record.resource_start + number) * 2);
        let start = record.resources + starts.little_endian(2);
        let reader = Reader::at(TABLE.resources, start);
        (number < record.resource_count).then_some(Self { service, number, reader })
    }

    /// The type with a number, of the service with a number.
    pub(super) fn of(service: usize, number: usize) -> Option<Self> {
        Self::numbered(Service { number: service }, number)
    }

    /// The service whose actions act on it.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// Its name: `bucket`.
    #[must_use]
    #[inline(never)]
    pub fn name(&self) -> String {
        self.name_text().as_str().to_owned()
    }

    /// The form of its ARNs: `arn:${Partition}:s3:::${BucketName}`. A few types have two, with `, ` between them.
    #[must_use]
    #[inline(never)]
    pub fn arn_pattern(&self) -> String {
        format!("{PARTITION}{}", self.arn_text().as_str())
    }

    /// Whether an ARN has its form. A variable of the form stands for one character or more.
    ///
    /// ```
    /// let object = zt_core::catalog::service("s3").unwrap().resource_type("object").unwrap();
    /// assert!(object.matches("arn:aws:s3:::bucket/key"));
    /// assert!(!object.matches("arn:aws:s3:::bucket"));
    /// ```
    #[must_use]
    pub fn matches(&self, arn: &str) -> bool {
        self.specificity(arn).is_some()
    }

    /// How many characters of an ARN the form gives itself, if it has the form.
    #[inline(never)]
    pub(super) fn specificity(&self, arn: &str) -> Option<usize> {
        // The partition is the one variable that is left out of the table.
        let rest = arn.strip_prefix("arn:")?;
        let (partition, rest) = rest.split_once(':')?;
        if partition.is_empty() {
            return None;
        }
        let text = self.arn_text();
        text.as_str()
            .split(", ")
            .map(|form| form.strip_prefix(PARTITION).unwrap_or(form))
            .filter_map(|form| super::form::fits(form, rest))
            .max()
    }

    /// Condition keys that requests for resources of this type can have, sorted by name without regard to case.
    pub fn condition_keys(&self) -> impl Iterator<Item = ConditionKey> + Clone + use<> {
        let mut reader = self.reader;
        reader.skip_text();
        reader.skip_text();
        List::indexed(TABLE.key_lists, reader.number()).map(|number| ConditionKey { number })
    }

    fn name_text(&self) -> Text {
        let mut reader = self.reader;
        reader.text()
    }

    fn arn_text(&self) -> Text {
        let mut reader = self.reader;
        reader.skip_text();
        reader.text()
    }
}

/// How all ARN patterns begin.
const PARTITION: &str = "arn:${Partition}:";

impl PartialEq for ResourceType {
    fn eq(&self, other: &Self) -> bool {
        (self.service, self.number) == (other.service, other.number)
    }
}

impl Eq for ResourceType {}

impl std::hash::Hash for ResourceType {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.service, self.number).hash(state);
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name_text().as_str())
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceType({} {self})", self.service)
    }
}

/// A condition key: `s3:prefix`.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConditionKey {
    number: usize,
}

impl ConditionKey {
    pub(super) fn all() -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator + Clone {
        (0..TABLE.keys.len() / KEY).map(|number| Self { number })
    }

    #[inline(never)]
    pub(super) fn find(name: &str) -> Option<Self> {
        let number = Self::not_before(name);
        let exact = Self { number };
        if number < Self::all().len() && exact.name_text().as_str().eq_ignore_ascii_case(name) {
            return Some(exact);
        }
        let (prefix, _) = name.split_once(':')?;
        // Keys of one prefix are neighbours: only they can fit, unless the prefix itself has an open part, as those of
        // identity providers do, which are host names.
        let candidates = if prefix.contains('.') {
            0..Self::all().len()
        } else {
            Self::not_before(&format!("{prefix}:"))..Self::not_before(&format!("{prefix};"))
        };
        candidates
            .map(|number| Self { number })
            .filter_map(|key| Some((super::form::fits(key.name_text().as_str(), name)?, key)))
            .max_by_key(|(literal, _)| *literal)
            .map(|(_, key)| key)
    }

    /// The number of the first key that does not sort before a name.
    fn not_before(name: &str) -> usize {
        let (mut low, mut high) = (0, Self::all().len());
        while low < high {
            let middle = low + (high - low) / 2;
            let mut found = Self { number: middle }.name_reader();
            match found.compare_text(name.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// Its name: `s3:prefix`. A name that goes on with a part of the author's has a variable there:
    /// `aws:ResourceTag/${TagKey}`, or in AWS's older spellings `<key>` or nothing after the slash.
    #[must_use]
    #[inline(never)]
    pub fn name(&self) -> String {
        self.name_text().as_str().to_owned()
    }

    /// The type of its values.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        match self.kind() & 0x7f {
            1 => KeyType::Numeric,
            2 => KeyType::Date,
            3 => KeyType::Bool,
            4 => KeyType::IpAddress,
            5 => KeyType::Arn,
            6 => KeyType::Binary,
            _ => KeyType::String,
        }
    }

    /// Whether a request can have several values for it, so that it wants `ForAnyValue` or `ForAllValues`.
    #[must_use]
    pub fn is_multivalued(&self) -> bool {
        self.kind() & 0x80 != 0
    }

    /// Whether a part of its name is up to the author of the policy: `aws:ResourceTag/${TagKey}`.
    #[must_use]
    pub fn is_open(&self) -> bool {
        super::form::is_open(self.name_text().as_str())
    }

    /// Whether a name is this key's, in any case: `aws:resourcetag/team` is one of `aws:ResourceTag/${TagKey}`.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        super::form::fits(self.name_text().as_str(), name).is_some()
    }

    pub(super) fn name_text(&self) -> Text {
        self.name_reader().text()
    }

    fn name_reader(&self) -> Reader {
        Reader::at(TABLE.strings, Reader::at(TABLE.keys, self.number * KEY).little_endian(3))
    }

    fn kind(&self) -> u8 {
        Reader::at(TABLE.keys, self.number * KEY + 3).byte()
    }
}

impl fmt::Display for ConditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name_text().as_str())
    }
}

impl fmt::Debug for ConditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConditionKey({self})")
    }
}

/// The type of a condition key's values (IAM User Guide, *IAM JSON policy elements: Condition operators*).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyType {
    /// Texts: `StringEquals`, `StringLike`, ...
    String,
    /// Numbers: `NumericEquals`, ...
    Numeric,
    /// Instants: `DateLessThan`, ...
    Date,
    /// `Bool`.
    Bool,
    /// `IpAddress` and `NotIpAddress`.
    IpAddress,
    /// `ArnLike`, ... and the operators of texts.
    Arn,
    /// `BinaryEquals`.
    Binary,
}

impl KeyType {
    /// AWS's word for it: `IPAddress`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Numeric => "Numeric",
            Self::Date => "Date",
            Self::Bool => "Bool",
            Self::IpAddress => "IPAddress",
            Self::Arn => "ARN",
            Self::Binary => "Binary",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
