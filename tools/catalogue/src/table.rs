//! The catalogue as `zt_core::catalog` reads it: see `zt-core/src/catalog/table.rs` for the format.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail, ensure};
use zt_core::policy::keys::{GLOBAL_KEYS, KeyKind};

use crate::source::{Action, ActionResource, Catalogue, Service};
use crate::words::words;

/// Actions between two entries of the index.
const BLOCK: usize = 16;
/// Words between two entries of the index of groups.
const GROUP: usize = 256;
/// The longest text that readers have room for.
const LONGEST: usize = 320;
/// How all ARN patterns begin; left out of the table.
const ARN: &str = "arn:${Partition}:";

pub(crate) fn encode(catalogue: &Catalogue) -> Result<Vec<u8>> {
    let keys = key_numbers(catalogue)?;
    let words = Words::of(&texts(catalogue, &keys))?;
    let services: Vec<_> = catalogue.services.iter().collect();

    let mut lists = Lists::default();
    let (mut strings, mut records) = (Vec::new(), Vec::new());
    let (mut actions, mut blocks) = (Vec::new(), Vec::new());
    let (mut resources, mut resource_starts) = (Vec::new(), Vec::new());
    let mut by_arn: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();

    // The lists that are used most get the shortest numbers.
    let mut keys_used = Tally::default();
    let mut resources_used = Tally::default();
    for service in catalogue.services.values() {
        for resource in service.resources.values() {
            keys_used.add(key_list(&keys, service, &resource.keys)?);
        }
        for action in service.actions.values() {
            keys_used.add(key_list(&keys, service, &action.keys)?);
            for resource in action.resources.iter().filter(|resource| !resource.keys.is_empty()) {
                keys_used.add(key_list(&keys, service, &resource.keys)?);
            }
        }
    }
    // Resource lists name key lists, so those have their numbers first.
    let key_lists = keys_used.numbered(&mut lists.key_index, &mut lists.bytes)?;
    for service in catalogue.services.values() {
        let numbers = numbers(service.resources.keys());
        for action in service.actions.values() {
            let list = resource_list(&numbers, &keys, &key_lists, service, &action.resources)?;
            resources_used.add(list);
        }
    }
    let resource_lists = resources_used.numbered(&mut lists.resource_index, &mut lists.bytes)?;

    // What is said about an action beside its name: few combinations, so each is written once.
    let facts_of = |numbers: &HashMap<&str, usize>, service: &Service, action: &Action| {
        let resources = resource_list(numbers, &keys, &key_lists, service, &action.resources)?;
        let own_keys = key_list(&keys, service, &action.keys)?;
        let resources = *resource_lists.get(&resources).context("tallied")?;
        let own_keys = *key_lists.get(&own_keys).context("tallied")?;
        anyhow::Ok((level(&action.level)?, resources, own_keys))
    };
    let mut facts_used: BTreeMap<Facts, usize> = BTreeMap::new();
    for service in catalogue.services.values() {
        let numbers = numbers(service.resources.keys());
        for action in service.actions.values() {
            let facts = facts_of(&numbers, service, action)?;
            *facts_used.entry(facts).or_default() += 1;
        }
    }
    let (facts_numbers, facts_bytes) = numbered(facts_used)?;

    for (number, (prefix, service)) in services.iter().enumerate() {
        let numbers = numbers(service.resources.keys());
        u24(&mut records, strings.len())?;
        words.write(prefix, &mut strings)?;
        u24(&mut records, strings.len())?;
        words.write(&service.name, &mut strings)?;

        u24(&mut records, actions.len())?;
        u16(&mut records, blocks.len() / 2)?;
        u16(&mut records, service.actions.len())?;
        let start = actions.len();
        for (index, name) in sorted(service.actions.keys()).into_iter().enumerate() {
            if index % BLOCK == 0 {
                u16(&mut blocks, actions.len() - start)?;
            }
            let action = service.actions.get(name).context("sorted from the same map")?;
            words.write(name, &mut actions)?;
            let facts = facts_of(&numbers, service, action)?;
            varint(&mut actions, *facts_numbers.get(&facts).context("tallied")?);
        }

        u24(&mut records, resources.len())?;
        u16(&mut records, resource_starts.len() / 2)?;
        u16(&mut records, service.resources.len())?;
        let start = resources.len();
        for (index, name) in sorted(service.resources.keys()).into_iter().enumerate() {
            let resource = service.resources.get(name).context("sorted from the same map")?;
            let arn = resource
                .arn
                .strip_prefix(ARN)
                .with_context(|| format!("`{}` does not begin with `{ARN}`", resource.arn))?;
            u16(&mut resource_starts, resources.len() - start)?;
            words.write(name, &mut resources)?;
            words.write(arn, &mut resources)?;
            let list = key_list(&keys, service, &resource.keys)?;
            varint(&mut resources, *key_lists.get(&list).context("tallied")?);
            let segment = arn.split(':').next().unwrap_or(arn);
            by_arn.entry(segment).or_default().push((number, index));
        }

        u24(&mut records, lists.bytes.len())?;
        varint(&mut lists.bytes, service.keys.len());
        for name in sorted(service.keys.keys()) {
            let kind = service.keys.get(name).context("sorted from the same map")?;
            varint(&mut lists.bytes, keys.number(name, kind)?);
        }
        records.push(u8::from(catalogue.rcp_services.contains(prefix)));
    }

    let mut key_records = Vec::new();
    for (_, (name, kind)) in &keys.sorted {
        u24(&mut key_records, strings.len())?;
        words.write(name, &mut strings)?;
        key_records.push(*kind);
    }

    let mut arn_records = Vec::new();
    for (segment, found) in &by_arn {
        u24(&mut arn_records, strings.len())?;
        words.write(segment, &mut strings)?;
        u24(&mut arn_records, lists.bytes.len())?;
        varint(&mut lists.bytes, found.len() * 2);
        for (service, resource) in found {
            varint(&mut lists.bytes, *service);
            varint(&mut lists.bytes, *resource);
        }
    }

    let source = format!("{} ({})", catalogue.source, catalogue.licence).into_bytes();
    let (word_index, word_bytes) = words.sections()?;
    let sections = [
        source,
        word_index,
        word_bytes,
        strings,
        records,
        actions,
        facts_bytes,
        blocks,
        resources,
        resource_starts,
        key_records,
        lists.key_index,
        lists.resource_index,
        arn_records,
        lists.bytes,
    ];
    let mut table = b"ZTCAT\0\0\x02".to_vec();
    for section in &sections {
        table.extend(u32::try_from(section.len())?.to_le_bytes());
    }
    table.extend(sections.concat());
    Ok(table)
}

/// Level, number of a resource list, number of a key list.
type Facts = (u8, usize, usize);

/// The numbers of facts, the most used first, and the facts.
fn numbered(used: BTreeMap<Facts, usize>) -> Result<(HashMap<Facts, usize>, Vec<u8>)> {
    let mut all: Vec<_> = used.into_iter().collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let (mut numbers, mut bytes) = (HashMap::new(), Vec::new());
    for (number, (facts, _)) in all.into_iter().enumerate() {
        bytes.push(facts.0);
        u16(&mut bytes, facts.1)?;
        u16(&mut bytes, facts.2)?;
        numbers.insert(facts, number);
    }
    Ok((numbers, bytes))
}

/// Every text of the table, once for each time that it is written.
fn texts<'a>(catalogue: &'a Catalogue, keys: &'a Keys) -> Vec<&'a str> {
    let (mut texts, mut arn_services): (Vec<&str>, _) = (Vec::new(), BTreeSet::new());
    for (prefix, service) in &catalogue.services {
        texts.extend([prefix.as_str(), service.name.as_str()]);
        texts.extend(service.actions.keys().map(String::as_str));
        for (name, resource) in &service.resources {
            let arn = resource.arn.strip_prefix(ARN).unwrap_or_default();
            texts.extend([name.as_str(), arn]);
            arn_services.extend(arn.split(':').next());
        }
    }
    texts.extend(keys.sorted.iter().map(|(_, (name, _))| name.as_str()));
    texts.extend(arn_services);
    texts
}

/// Names in the order of the table: by their lower case.
fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut names: Vec<_> = names.collect();
    names.sort_by_key(|name| name.to_lowercase());
    names
}

fn numbers<'a>(names: impl Iterator<Item = &'a String>) -> HashMap<&'a str, usize> {
    sorted(names).into_iter().enumerate().map(|(number, name)| (name.as_str(), number)).collect()
}

/// One bit a word of the source: `Permissions management, Write` is two.
fn level(level: &str) -> Result<u8> {
    level.split(", ").try_fold(0, |bits, word| {
        Ok(bits
            | match word {
                "List" => 1,
                "Read" => 2,
                "Write" => 4,
                "Permissions management" => 8,
                "Tagging" => 16,
                other => bail!("unknown access level `{other}`"),
            })
    })
}

/// Numbers of condition keys. A name that has several types has several numbers.
struct Keys {
    sorted: Vec<((String, u8), (String, u8))>,
    numbers: HashMap<(String, u8), usize>,
}

impl Keys {
    fn number(&self, name: &str, kind: &str) -> Result<usize> {
        let key = (name.to_owned(), key_type(kind)?);
        self.numbers.get(&key).copied().with_context(|| format!("no condition key `{name}`"))
    }
}

fn key_numbers(catalogue: &Catalogue) -> Result<Keys> {
    let mut all = BTreeMap::new();
    for service in catalogue.services.values() {
        for (name, kind) in &service.keys {
            let kind = key_type(kind)?;
            all.insert((name.to_lowercase(), kind), (name.clone(), kind));
        }
    }
    for key in GLOBAL_KEYS {
        let listed = |suffix: &str| {
            let name = format!("{}{suffix}", key.name()).to_lowercase();
            all.range((name.clone(), 0)..=(name, u8::MAX)).next().is_some()
        };
        let is_listed = listed("") || (key.takes_tag() && listed("${tagkey}"));
        if !is_listed {
            let kind = global_type(key.kind())? | if key.is_multivalued() { MANY } else { 0 };
            let name = if key.takes_tag() {
                format!("{}${{TagKey}}", key.name())
            } else {
                key.name().to_owned()
            };
            all.insert((name.to_lowercase(), kind), (name, kind));
        }
    }
    let sorted: Vec<_> = all.into_iter().collect();
    let numbers =
        sorted.iter().enumerate().map(|(number, (_, key))| (key.clone(), number)).collect();
    Ok(Keys { sorted, numbers })
}

/// Set in the type of a key that has any number of values.
const MANY: u8 = 0x80;

fn key_type(kind: &str) -> Result<u8> {
    let (one, many) = match kind.strip_prefix("ArrayOf") {
        Some(one) => (one, MANY),
        None => (kind, 0),
    };
    Ok(many
        | match one {
            "String" => 0,
            "Numeric" => 1,
            "Date" => 2,
            "Bool" => 3,
            "IPAddress" => 4,
            "ARN" => 5,
            "Binary" => 6,
            other => bail!("unknown type of condition keys `{other}`"),
        })
}

fn global_type(kind: KeyKind) -> Result<u8> {
    key_type(match kind {
        KeyKind::Text => "String",
        KeyKind::Numeric => "Numeric",
        KeyKind::Date => "Date",
        KeyKind::Bool => "Bool",
        KeyKind::Ip => "IPAddress",
        KeyKind::Arn => "ARN",
        KeyKind::Binary => "Binary",
        other => bail!("unknown type of condition keys `{other:?}`"),
    })
}

fn key_list(keys: &Keys, service: &Service, names: &[String]) -> Result<Vec<usize>> {
    let mut list = Vec::new();
    for name in names {
        let kind = service.keys.get(name).with_context(|| format!("`{name}` has no type"))?;
        list.push(keys.number(name, kind)?);
    }
    list.sort_unstable();
    Ok(list)
}

/// For each resource type: its number times 4, plus 2 when it is required, plus 1 when a key list follows.
fn resource_list(
    numbers: &HashMap<&str, usize>,
    keys: &Keys,
    key_lists: &HashMap<Vec<usize>, usize>,
    service: &Service,
    resources: &[ActionResource],
) -> Result<Vec<usize>> {
    let mut list = Vec::new();
    for resource in resources {
        let number = numbers
            .get(resource.resource.as_str())
            .with_context(|| format!("no resource type `{}`", resource.resource))?;
        let has_keys = !resource.keys.is_empty();
        list.push(number * 4 + usize::from(resource.required == 1) * 2 + usize::from(has_keys));
        if has_keys {
            let keys = key_list(keys, service, &resource.keys)?;
            list.push(*key_lists.get(&keys).context("tallied")?);
        }
    }
    Ok(list)
}

#[derive(Default)]
struct Lists {
    bytes: Vec<u8>,
    key_index: Vec<u8>,
    resource_index: Vec<u8>,
}

/// How often each list is used.
#[derive(Default)]
struct Tally(BTreeMap<Vec<usize>, usize>);

impl Tally {
    fn add(&mut self, list: Vec<usize>) {
        *self.0.entry(list).or_default() += 1;
    }

    /// Writes every list once, the most used first, and gives each its number.
    fn numbered(
        self,
        index: &mut Vec<u8>,
        bytes: &mut Vec<u8>,
    ) -> Result<HashMap<Vec<usize>, usize>> {
        let mut lists: Vec<_> = self.0.into_iter().collect();
        lists.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let mut numbers = HashMap::new();
        for (number, (list, _)) in lists.into_iter().enumerate() {
            u24(index, bytes.len())?;
            varint(bytes, list.len());
            for item in &list {
                varint(bytes, *item);
            }
            numbers.insert(list, number);
        }
        Ok(numbers)
    }
}

/// The dictionary: texts are written as numbers of words. Words that often follow each other become one.
struct Words {
    sorted: Vec<String>,
    numbers: HashMap<String, usize>,
    /// Words with a number of one byte.
    short: usize,
    /// Each text in words.
    texts: HashMap<String, Vec<String>>,
}

/// How often words are joined, each time those pairs that save most.
const ROUNDS: usize = 48;
/// Pairs that are joined at a time.
const PAIRS: usize = 64;
/// What a word costs in the index, beside its letters.
const INDEX: usize = 3;

impl Words {
    fn of(texts: &[&str]) -> Result<Self> {
        let split = |text: &&str| words(text).into_iter().map(str::to_owned).collect();
        let mut all: Vec<Vec<String>> = texts.iter().map(split).collect();
        for _ in 0..ROUNDS {
            if !join(&mut all) {
                break;
            }
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in all.iter().flatten() {
            *counts.entry(word).or_default() += 1;
        }
        let mut sorted: Vec<_> = counts.into_iter().collect();
        sorted.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        let sorted: Vec<_> = sorted.into_iter().map(|(word, _)| word.to_owned()).collect();
        // Byte 0 ends a text; bytes 1 to `short` are words; each byte above begins one of 256 words.
        let short = (1..=254)
            .rev()
            .find(|short| short + (255 - short) * 256 >= sorted.len())
            .context("too many words")?;
        let numbers =
            sorted.iter().enumerate().map(|(number, word)| (word.clone(), number)).collect();
        let texts = texts.iter().map(|text| (*text).to_owned()).zip(all).collect();
        Ok(Self { sorted, numbers, short, texts })
    }

    fn write(&self, text: &str, out: &mut Vec<u8>) -> Result<()> {
        ensure!(text.len() <= LONGEST, "`{text}` is longer than {LONGEST} bytes");
        let in_words = self.texts.get(text).with_context(|| format!("no text `{text}`"))?;
        for word in in_words {
            let number = *self.numbers.get(word).with_context(|| format!("no word `{word}`"))?;
            if number < self.short {
                out.push(u8::try_from(number + 1)?);
            } else {
                let long = number - self.short;
                out.push(u8::try_from(self.short + 1 + long / 256)?);
                out.push(u8::try_from(long % 256)?);
            }
        }
        out.push(0);
        Ok(())
    }

    /// Where words begin, after the numbers of short ones and of groups: for each `GROUP` of words where it begins, then for each word how far
    /// from there; and the words.
    fn sections(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let count = (self.sorted.len() + 1).div_ceil(GROUP);
        let mut groups = vec![u8::try_from(self.short)?, u8::try_from(count)?];
        let (mut index, mut bytes) = (Vec::new(), Vec::new());
        let mut start = 0;
        for (number, word) in self.sorted.iter().map(String::as_str).chain([""]).enumerate() {
            if number % GROUP == 0 {
                start = bytes.len();
                u24(&mut groups, start)?;
            }
            u16(&mut index, bytes.len() - start)?;
            bytes.extend(word.as_bytes());
        }
        groups.extend(index);
        Ok((groups, bytes))
    }
}

/// Joins the pairs of neighbours that save most; false when none saves anything.
fn join(texts: &mut [Vec<String>]) -> bool {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for text in texts.iter() {
        for (one, other) in text.iter().zip(text.iter().skip(1)) {
            *counts.entry((one, other)).or_default() += 1;
        }
    }
    let mut pairs: Vec<_> = counts
        .into_iter()
        // A word less for each use, which is a byte or two; but one more in the dictionary.
        .filter_map(|((one, other), count)| {
            let saved = (count + count / 2).checked_sub(one.len() + other.len() + INDEX)?;
            (saved > 0).then(|| (saved, (one.to_owned(), other.to_owned())))
        })
        .collect();
    pairs.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let best: BTreeSet<_> = pairs.into_iter().take(PAIRS).map(|(_, pair)| pair).collect();
    for text in texts.iter_mut() {
        let mut joined: Vec<String> = Vec::with_capacity(text.len());
        let mut last_is_whole = true;
        for word in text.drain(..) {
            match joined.last_mut() {
                Some(last) if last_is_whole && best.contains(&(last.clone(), word.clone())) => {
                    last.push_str(&word);
                    last_is_whole = false;
                }
                _ => {
                    joined.push(word);
                    last_is_whole = true;
                }
            }
        }
        *text = joined;
    }
    !best.is_empty()
}

fn u16(out: &mut Vec<u8>, number: usize) -> Result<()> {
    out.extend(u16::try_from(number)?.to_le_bytes());
    Ok(())
}

fn u24(out: &mut Vec<u8>, number: usize) -> Result<()> {
    let [a, b, c, 0] = u32::try_from(number)?.to_le_bytes() else {
        bail!("the table is larger than 16 MiB");
    };
    out.extend([a, b, c]);
    Ok(())
}

/// Seven bits a byte, the lowest first; the high bit says that there is more.
fn varint(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
