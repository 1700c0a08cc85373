//! From any format of serde to JSON text, keeping order and names given twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Writes one value of any format as JSON.
pub(super) struct Transcode<'a> {
    json: &'a mut String,
    depth: usize,
}

impl<'a> Transcode<'a> {
    pub(super) fn new(json: &'a mut String) -> Self {
        Self { json, depth: 0 }
    }

    fn inner(&mut self) -> Transcode<'_> {
        Transcode { json: self.json, depth: self.depth + 1 }
    }

    fn write<E: Error>(self, value: &impl serde::Serialize) -> Result<(), E> {
        self.json.push_str(&serde_json::to_string(value).map_err(E::custom)?);
        Ok(())
    }

    fn check_depth<E: Error>(&self) -> Result<(), E> {
        if self.depth > MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }
}

const MAX_DEPTH: usize = 64;

impl<'de> DeserializeSeed<'de> for Transcode<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Transcode<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy document")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.check_depth()?;
        let start = self.json.len();
        while items.next_element_seed(self.inner())?.is_some() {
            self.json.push(',');
        }
        close(self.json, start, '[', ']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.check_depth()?;
        let start = self.json.len();
        while let Some(name) = members.next_key::<String>()? {
            self.inner().write::<A::Error>(&name)?;
            self.json.push(':');
            members.next_value_seed(self.inner())?;
            self.json.push(',');
        }
        close(self.json, start, '{', '}');
        Ok(())
    }
}

/// Puts brackets around what was written since `start`, without the last comma.
fn close(json: &mut String, start: usize, open: char, end: char) {
    if json.len() > start {
        json.pop();
    }
    json.insert(start, open);
    json.push(end);
}
