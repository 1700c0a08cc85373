//! Condition keys as functions: `s3:x-amz-acl` is `s3::x_amz_acl()`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::{Result, bail, ensure};
use zt_core::policy::keys::GLOBAL_KEYS;

use crate::source::Catalogue;
use crate::words::words;

/// The keys of services, but for those of AWS itself.
pub(crate) struct Keys {
    /// By name in Rust: `s3_outposts`.
    pub(crate) modules: BTreeMap<String, Module>,
}

pub(crate) struct Module {
    /// What names begin with: `s3-outposts`.
    pub(crate) prefix: String,
    /// By name in Rust: `x_amz_acl`.
    pub(crate) functions: BTreeMap<String, Function>,
}

impl Module {
    fn add(&mut self, function: String, new: Function) -> Result<()> {
        let Some(known) = self.functions.remove(&function) else {
            self.functions.insert(function, new);
            return Ok(());
        };
        match (&known.open, &new.open) {
            // The same again, of a service that does not own it, or in another spelling: `ResourceTag/`.
            _ if known.name.eq_ignore_ascii_case(&new.name) => {
                self.functions.insert(function, known);
            }
            (Some(_), Some(_)) => {
                let closed = |key: &Function| !key.name.contains("${");
                let best = if closed(&known) { new } else { known };
                self.functions.insert(function, best);
            }
            // `environmentVariables.value` and `environmentVariables/${name}.value`.
            (Some((head, part, tail)), None) => {
                let name = snake(&format!("{}/{part}{tail}", after_colon(head)));
                self.functions.insert(function, new);
                self.functions.insert(name, known);
            }
            (None, Some((head, part, tail))) => {
                let name = snake(&format!("{}/{part}{tail}", after_colon(head)));
                self.functions.insert(function, known);
                self.functions.insert(name, new);
            }
            // `environment.type` and `environmentType`.
            (None, None) => {
                for key in [known, new] {
                    let name = snake(&after_colon(&key.name).replace('.', "/dot/"));
                    if let Some(other) = self.functions.insert(name, key) {
                        bail!("`{}` and another key are one function", other.name);
                    }
                }
            }
        }
        Ok(())
    }
}

fn after_colon(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, rest)| rest)
}

pub(crate) struct Function {
    /// As AWS writes it: `s3:BucketTag/${TagKey}`.
    pub(crate) name: String,
    /// As AWS writes it, without `ArrayOf`.
    pub(crate) kind: &'static str,
    pub(crate) is_multivalued: bool,
    /// For a key with a part that is up to others: what stands before it, its name in Rust, what stands behind it.
    pub(crate) open: Option<(String, String, String)>,
}

impl Keys {
    pub(crate) fn of(catalogue: &Catalogue) -> Result<Self> {
        let mut modules: BTreeMap<String, Module> = BTreeMap::new();
        // A service knows best what type its own keys have: it comes first.
        let mut all: Vec<_> = catalogue
            .services
            .iter()
            .flat_map(|(service, of)| of.keys.iter().map(move |(name, kind)| (service, name, kind)))
            .collect();
        all.sort_by_key(|(service, name, _)| !name.starts_with(&format!("{service}:")));
        for (_, name, kind) in all {
            let Some((prefix, rest)) = name.split_once(':') else {
                bail!("`{name}` has no prefix");
            };
            if prefix == "aws"
                || GLOBAL_KEYS.iter().any(|key| key.name().eq_ignore_ascii_case(name))
            {
                continue;
            }
            // Identity providers whose very name is up to others have keys of no service.
            if prefix.contains("${") {
                continue;
            }
            let (kind, is_multivalued) = kind_of(kind)?;
            let open = open(name);
            let plain = match &open {
                Some((head, _, tail)) => format!("{head}{tail}"),
                None => name.clone(),
            };
            let function = snake(plain.split_once(':').map_or(rest, |(_, rest)| rest));
            let module = modules.entry(snake(prefix)).or_insert_with(|| Module {
                prefix: prefix.to_owned(),
                functions: BTreeMap::new(),
            });
            ensure!(module.prefix == prefix, "`{}` and `{prefix}` are one module", module.prefix);
            let new = Function { name: name.clone(), kind, is_multivalued, open };
            module.add(function, new)?;
        }
        Ok(Self { modules })
    }

    /// `zt-core/src/policy/keys/services.rs`.
    pub(crate) fn rust(&self) -> Result<String> {
        let mut types = BTreeSet::from(["Key", "MultiKey"]);
        types.extend(self.functions().map(|key| rust_kind(key.kind)));
        let types = Vec::from_iter(types).join(", ");
        let mut out = format!(
            "//! The condition keys of services. Generated by `tools/catalogue`: do not edit.\n\n\
             use super::{{{types}}};\n\n\
             service_keys! {{\n",
        );
        for (module, keys) in &self.modules {
            let globals: Vec<_> =
                GLOBAL_KEYS.iter().filter(|key| key.namespace() == module).collect();
            let reuse = if globals.is_empty() { "" } else { " + global" };
            writeln!(out, "    {module}{reuse} = \"{}\" {{", keys.prefix)?;
            for (function, key) in &keys.functions {
                if globals.iter().any(|global| global.function() == function) {
                    continue;
                }
                let kind = rust_kind(key.kind);
                let many = if key.is_multivalued { "many" } else { "one" };
                match &key.open {
                    None => writeln!(out, "        {many} {function}(): {kind} = {:?};", key.name)?,
                    Some((head, part, tail)) => writeln!(
                        out,
                        "        open_{many} {function}({part}): {kind} = {head:?} {tail:?};"
                    )?,
                }
            }
            out.push_str("    }\n");
        }
        out.push_str("}\n");
        Ok(out)
    }
}

impl Keys {
    fn functions(&self) -> impl Iterator<Item = &Function> {
        self.modules.values().flat_map(|module| module.functions.values())
    }
}

fn kind_of(kind: &str) -> Result<(&'static str, bool)> {
    let (one, is_multivalued) = match kind.strip_prefix("ArrayOf") {
        Some(one) => (one, true),
        None => (kind, false),
    };
    let known = ["String", "Numeric", "Date", "Bool", "IPAddress", "ARN", "Binary"];
    match known.into_iter().find(|known| *known == one) {
        Some(known) => Ok((known, is_multivalued)),
        None => bail!("unknown type of condition keys `{kind}`"),
    }
}

pub(crate) fn rust_kind(kind: &str) -> &'static str {
    match kind {
        "Numeric" => "Num",
        "Date" => "Date",
        "Bool" => "Bool",
        "IPAddress" => "Ip",
        "ARN" => "Arn",
        "Binary" => "Binary",
        _ => "Str",
    }
}

/// What stands before the open part of a name, the part, and what stands behind it.
fn open(name: &str) -> Option<(String, String, String)> {
    for (start, end) in [("${", "}"), ("<", ">")] {
        if let Some((head, rest)) = name.split_once(start)
            && let Some((part, tail)) = rest.split_once(end)
        {
            return Some((head.to_owned(), snake(part), tail.to_owned()));
        }
    }
    let head = name.strip_suffix("tag-key").unwrap_or(name);
    head.ends_with('/').then(|| (head.to_owned(), "tag_key".to_owned(), String::new()))
}

/// `x-amz-acl`, `RequestTag/` and `VpceOrgID` are `x_amz_acl`, `request_tag` and `vpce_org_id`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut separate = false;
    let mut after_digit = false;
    for word in words(name) {
        if !word.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            separate = true;
            continue;
        }
        let is_digits = word.starts_with(|c: char| c.is_ascii_digit());
        let joins =
            is_digits || (after_digit && word.starts_with(|c: char| c.is_ascii_lowercase()));
        if !out.is_empty() && (separate || !joins) {
            out.push('_');
        }
        out.push_str(&word.to_ascii_lowercase());
        (separate, after_digit) = (false, is_digits);
    }
    // Names that Rust or Python keeps for itself, but for `lambda`, which Python alone does.
    if matches!(out.as_str(), "type" | "match" | "ref" | "in" | "is" | "from" | "self") {
        out.push('_');
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}
