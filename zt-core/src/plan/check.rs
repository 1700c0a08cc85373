//! What a plan must be.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::api::{self, Kind, Operation, Service, Shape};
use super::document::{Draft, Plan, client_token};
use super::error::PlanError;
use super::place::Place;
use super::step::{Again, Call, Expectation, Found, Step, Wait};
use super::value::{Path, Reference, Segment, Value, is_id, is_plain};
use super::{limits, rules};

/// Checks everything about a plan.
pub(super) fn plan(draft: &Draft) -> Result<(), PlanError> {
    let is = |fits: bool, place: &str, expected: &str, found: &str| {
        if fits { Ok(()) } else { Err(PlanError::new(place, expected, found.to_owned())) }
    };
    is(draft.format == Draft::FORMAT, "format", Draft::FORMAT, &draft.format)?;
    is(is_id(&draft.id), "id", ID, &draft.id)?;
    is(is_phrase(&draft.title), "title", PHRASE, &draft.title)?;
    let digits = draft.account.bytes().all(|byte| byte.is_ascii_digit());
    is(draft.account.len() == 12 && digits, "account", "12 digits", &draft.account)?;
    let region = draft.region.as_str();
    let fits = (region == Plan::GLOBAL || region.split('-').count() >= 3)
        && region
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    is(fits, "region", "a Region such as eu-central-1", region)?;
    if region == Plan::GLOBAL {
        let calls = draft.steps.iter().flat_map(|step| step.calls().map(move |call| (step, call)));
        for (step, call) in calls {
            if !matches!(call.service.as_str(), "iam" | "sts") {
                let expected = "a call of IAM or STS: the plan has no Region";
                return Err(PlanError::new("call.service", expected, call.service.clone())
                    .in_step(&step.id));
            }
        }
    }
    if draft.steps.is_empty() {
        return Err(PlanError::new("steps", "at least one step", None));
    }
    if draft.steps.len() > limits::STEPS {
        let expected = format!("at most {} steps", limits::STEPS);
        return Err(PlanError::new("steps", expected, draft.steps.len().to_string()));
    }
    let mut scope = Scope::default();
    for step in &draft.steps {
        scope.step(draft, step).map_err(|error| error.in_step(&step.id))?;
    }
    scope.outputs(draft)?;
    scope.outputs_are_found(draft)
}

/// The member of an operation's input that takes a client token.
pub(super) fn token_member(call: &Call) -> Option<&'static str> {
    let service = api::service(&call.service)?;
    let input = service.operation(&call.operation)?.input?;
    let Kind::Structure(members) = &service.shape(input)?.kind else {
        return None;
    };
    members.iter().find(|member| member.token).map(|member| member.name)
}

const ID: &str = "1 to 64 lower-case letters, digits and hyphens, a letter first";
const PHRASE: &str = "a phrase of 1 to 500 characters on one line";

fn is_phrase(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 500 && is_plain(text)
}

/// The steps whose outputs can be referred to.
#[derive(Default)]
struct Scope<'a> {
    outputs: HashMap<&'a str, Model>,
    /// Steps with an undo.
    undoable: HashSet<&'a str>,
    known: rules::Known<'a>,
    networks: rules::Networks<'a>,
}

type Model = (&'static Service, &'static Operation);

impl<'a> Scope<'a> {
    fn step(&mut self, draft: &Draft, step: &'a Step) -> Result<(), PlanError> {
        if !is_id(&step.id) {
            return Err(PlanError::new("id", ID, step.id.clone()));
        }
        if self.outputs.contains_key(step.id.as_str()) {
            return Err(PlanError::new("id", "an id that no earlier step has", step.id.clone()));
        }
        if !is_phrase(&step.reason) {
            return Err(PlanError::new("reason", PHRASE, step.reason.clone()));
        }
        let notes = [
            ("irreversible", &step.irreversible),
            ("costs", &step.costs),
            ("cuts_off", &step.cuts_off),
        ];
        for (place, note) in notes {
            if let Some(note) = note.as_ref().filter(|note| !is_phrase(note)) {
                return Err(PlanError::new(place, PHRASE, note.clone()));
            }
        }
        let model = self.call(Place::Root("call"), &step.call)?;
        self.networks.step(step)?;
        self.again(draft, step, model)?;
        self.outputs.insert(&step.id, model);
        if let Some(wait) = &step.wait {
            self.wait(wait)?;
        }
        self.undo(step)?;
        if step.undo.is_some() {
            self.undoable.insert(&step.id);
        }
        Ok(())
    }

    fn again(&self, draft: &Draft, step: &'a Step, model: Model) -> Result<(), PlanError> {
        let name = || format!("{} {}", step.call.service, step.call.operation);
        let reads = model.1.reads;
        if step.again != Again::Read && reads {
            return Err(PlanError::new("again", "read: the call only reads", name()));
        }
        match &step.again {
            Again::Read if !reads => Err(PlanError::new("call", "a call that only reads", name())),
            Again::Read | Again::Repeatable | Again::Removes => Ok(()),
            Again::Found(found) => self.found(found, model),
            Again::ClientToken => {
                let Some(member) = token_member(&step.call) else {
                    return Err(PlanError::new(
                        "again",
                        "an operation with a client token",
                        name(),
                    ));
                };
                let token = client_token(&draft.id, &step.id);
                if step.call.text(member) == Some(token.as_str()) {
                    return Ok(());
                }
                let expected = format!("`{token}`, the token of this plan and step");
                let found = step.call.input.get(member).map(ToString::to_string);
                Err(PlanError::new(format!("call.input.{member}"), expected, found))
            }
            Again::Unsaid => {
                let expected =
                    "how to tell that it is done: found, client_token, repeatable or removes";
                Err(PlanError::new("again", expected, None))
            }
        }
    }

    fn found(&self, found: &'a Found, model: Model) -> Result<(), PlanError> {
        let read = self.reading_call(Place::Root("again.found.read"), &found.read)?;
        if found.expect.is_empty() {
            let expected = "what tells that it is this plan's, and not somebody else's";
            return Err(PlanError::new("again.found.expect", expected, None));
        }
        self.expectations(Place::Root("again.found.expect"), &found.expect, read)?;
        for output in &found.outputs {
            let place = Place::Root("again.found.outputs");
            let own = answer_shape(place, &output.path, model)?;
            let at = answer_shape(place, &output.at, read)?;
            if !same(own, at) {
                let expected = format!("a place of the type of {}, {}", output.path, own.name);
                return Err(PlanError::new(place, expected, format!("{}, {}", output.at, at.name)));
            }
        }
        Ok(())
    }

    fn wait(&self, wait: &'a Wait) -> Result<(), PlanError> {
        let read = self.reading_call(Place::Root("wait.call"), &wait.call)?;
        self.expectations(Place::Root("wait.until"), &wait.until, read)?;
        let (every, most) = (wait.every_seconds, wait.at_most_seconds);
        if !(1..=300).contains(&every) {
            return Err(PlanError::new("wait.every_seconds", "1 to 300", every.to_string()));
        }
        if !(every..=86_400).contains(&most) {
            let expected = format!("{every} to 86400");
            return Err(PlanError::new("wait.at_most_seconds", expected, most.to_string()));
        }
        Ok(())
    }

    fn undo(&self, step: &'a Step) -> Result<(), PlanError> {
        let is_read = step.again == Again::Read;
        if let Some(with) = &step.undone_with {
            if step.undo.is_some() || step.irreversible.is_some() || is_read {
                let expected = "none beside an undo, a reason why there is none, or a read";
                return Err(PlanError::new("undone_with", expected, with.clone()));
            }
            if self.undoable.contains(with.as_str()) {
                return Ok(());
            }
            let expected = "an earlier step with an undo";
            return Err(PlanError::new("undone_with", expected, with.clone())
                .or_one_of(self.undoable.iter().copied()));
        }
        match (&step.undo, &step.irreversible) {
            (Some(_), Some(_)) => {
                Err(PlanError::new("undo", "either an undo or why there is none, not both", None))
            }
            (None, None) if !is_read => {
                Err(PlanError::new("undo", "a call that takes it back, or why there is none", None))
            }
            (Some(_), None) if is_read => {
                let found = step.undo.as_ref().map(|undo| undo.operation.clone());
                Err(PlanError::new("undo", "none: the step only reads", found))
            }
            (Some(undo), None) => {
                let place = Place::Root("undo");
                let model = operation(place, undo)?;
                if model.1.reads {
                    let found = undo.operation.clone();
                    return Err(PlanError::new(place, "a call that changes something", found));
                }
                self.input(place, undo, model)
            }
            _ => Ok(()),
        }
    }

    fn reading_call(&self, place: Place<'_>, call: &'a Call) -> Result<Model, PlanError> {
        let model = operation(place, call)?;
        if !model.1.reads {
            let found = format!("{} {}", call.service, call.operation);
            return Err(PlanError::new(place, "a call that only reads", found));
        }
        self.input(place, call, model)?;
        Ok(model)
    }

    fn expectations(
        &self,
        place: Place<'_>,
        expectations: &[Expectation],
        read: Model,
    ) -> Result<(), PlanError> {
        for expectation in expectations {
            let place = place.member(&expectation.path);
            let shape = answer_shape(place, &expectation.path, read)?;
            let is_plain = matches!(
                shape.kind,
                Kind::Text | Kind::Integer | Kind::Decimal | Kind::Boolean | Kind::Timestamp
            );
            if !is_plain || shape.sensitive {
                return Err(PlanError::new(
                    place,
                    "a place with a text, number or boolean that is no secret",
                    expectation.path.clone(),
                ));
            }
            let mut has_secret = false;
            expectation.is.walk(&mut |value| has_secret |= matches!(value, Value::Secret(_)));
            if has_secret {
                return Err(PlanError::new(place, "a value that is no secret", None));
            }
            // EC2 answers `available` where its model says `Available`.
            let is_listed = matches!(&expectation.is, Value::Text(text)
                if shape.values.iter().any(|value| value.eq_ignore_ascii_case(text)));
            if !is_listed {
                self.value(place, &expectation.is, read.0, shape)?;
            }
        }
        Ok(())
    }

    /// A call: the operation is known, and its input is what AWS would take.
    fn call(&self, place: Place<'_>, call: &'a Call) -> Result<Model, PlanError> {
        let model = operation(place, call)?;
        self.input(place, call, model)?;
        Ok(model)
    }

    fn input(
        &self,
        place: Place<'_>,
        call: &'a Call,
        (service, operation): Model,
    ) -> Result<(), PlanError> {
        let place = place.member("input");
        match operation.input.and_then(|input| service.shape(input)) {
            Some(shape) => {
                self.structure(place, &call.input, service, shape, &Whole::Call(call))?;
            }
            None => {
                if let Some(member) = call.input.keys().next() {
                    return Err(PlanError::new(place, "no members", member.clone()));
                }
            }
        }
        rules::check(place, call, &self.known)
    }

    fn structure(
        &self,
        place: Place<'_>,
        found: &std::collections::BTreeMap<String, Value>,
        service: &'static Service,
        shape: &Shape,
        whole: &Whole<'_>,
    ) -> Result<(), PlanError> {
        let Kind::Structure(members) = &shape.kind else {
            return Ok(());
        };
        for (name, value) in found {
            let place = place.member(name);
            let Some(member) = members.iter().find(|member| member.name == name) else {
                return Err(PlanError::new(place, format!("a member of {whole}"), name.clone())
                    .or_one_of(members.iter().map(|member| member.name)));
            };
            if let Some(shape) = service.shape(member.shape) {
                self.value(place, value, service, shape)?;
            }
        }
        for member in members.iter().filter(|member| member.required) {
            if !found.contains_key(member.name) {
                let expected = format!("the member {}, which {whole} requires", member.name);
                return Err(PlanError::new(place, expected, None));
            }
        }
        Ok(())
    }

    fn value(
        &self,
        place: Place<'_>,
        value: &Value,
        service: &'static Service,
        shape: &Shape,
    ) -> Result<(), PlanError> {
        let wrong = |expected: &str| PlanError::new(place, expected, value.to_string());
        match (value, &shape.kind) {
            (Value::Reference(reference), _) => self.reference(place, reference, shape),
            (Value::Secret(name), Kind::Text) => {
                if is_id(name) {
                    Ok(())
                } else {
                    Err(wrong(ID))
                }
            }
            (_, Kind::Text) if shape.sensitive => {
                Err(PlanError::new(place, "a secret by name: plans hold none themselves", None))
            }
            (Value::Join(parts), Kind::Text) => self.join(place, parts, shape),
            (Value::Text(text), Kind::Text) => constant(place, text, shape),
            (Value::Text(text), Kind::Timestamp) => {
                text.parse::<Timestamp>().map(drop).map_err(|_| wrong(shape.kind.phrase()))
            }
            (Value::Text(text), Kind::Blob) => {
                use base64::Engine;
                let decoded = base64::engine::general_purpose::STANDARD.decode(text);
                decoded.map(drop).map_err(|_| wrong(shape.kind.phrase()))
            }
            (Value::Bool(_), Kind::Boolean) => Ok(()),
            (Value::Number(number), Kind::Integer) => {
                let number = number.as_i64().ok_or_else(|| wrong(shape.kind.phrase()))?;
                within(place, number, shape, "")
            }
            (Value::Number(_), Kind::Decimal) => Ok(()),
            (Value::List(items), Kind::List(of)) => {
                within(place, i64::try_from(items.len()).unwrap_or(i64::MAX), shape, " items")?;
                let Some(of) = service.shape(*of) else {
                    return Ok(());
                };
                for (at, item) in items.iter().enumerate() {
                    self.value(place.item(at), item, service, of)?;
                }
                Ok(())
            }
            (Value::Object(members), Kind::Structure(_)) => {
                self.structure(place, members, service, shape, &Whole::Shape(shape.name))
            }
            (Value::Object(members), Kind::Map(of)) => {
                let Some(of) = service.shape(*of) else {
                    return Ok(());
                };
                members.iter().try_for_each(|(name, value)| {
                    self.value(place.member(name), value, service, of)
                })
            }
            _ => Err(wrong(shape.kind.phrase())),
        }
    }

    fn join(&self, place: Place<'_>, parts: &[Value], shape: &Shape) -> Result<(), PlanError> {
        let mut length = 0;
        for part in parts {
            match part {
                Value::Text(text) => length += text.chars().count(),
                Value::Secret(name) if is_id(name) => {}
                Value::Reference(reference) => {
                    let target = self.target(place, reference)?;
                    if !matches!(target.kind, Kind::Text) || target.sensitive {
                        let expected = "references to texts that are no secrets";
                        return Err(PlanError::new(place, expected, reference.to_string()));
                    }
                }
                other => {
                    let expected = "texts, references and secrets to join";
                    return Err(PlanError::new(place, expected, other.to_string()));
                }
            }
        }
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        match shape.max {
            Some(max) if length > max => {
                Err(PlanError::new(place, format!("at most {max} characters"), length.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn reference(
        &self,
        place: Place<'_>,
        reference: &Reference,
        shape: &Shape,
    ) -> Result<(), PlanError> {
        let target = self.target(place, reference)?;
        if target.sensitive {
            let expected = "an output that is no secret: journals keep what is referred to";
            return Err(PlanError::new(place, expected, reference.to_string()));
        }
        if same(shape, target) {
            return Ok(());
        }
        let found = format!("{reference}, {}", target.kind.phrase());
        Err(PlanError::new(place, shape.kind.phrase(), found))
    }

    fn target(&self, place: Place<'_>, reference: &Reference) -> Result<&'static Shape, PlanError> {
        let Some(model) = self.outputs.get(reference.step()) else {
            let expected = "a reference to a step that has run by then";
            return Err(PlanError::new(place, expected, reference.step().to_owned())
                .or_one_of(self.outputs.keys().copied()));
        };
        shape_at(place, reference.path(), *model)
    }

    /// Outputs of the plan: texts, numbers and booleans that are no secrets.
    fn outputs(&self, draft: &Draft) -> Result<(), PlanError> {
        for (name, value) in &draft.outputs {
            let place = Place::Root("outputs");
            let place = place.member(name);
            let is_name =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
                let expected = "1 to 64 lower-case letters, digits and underscores";
                return Err(PlanError::new("outputs", expected, name.clone()));
            }
            match value {
                Value::Text(_) | Value::Number(_) | Value::Bool(_) => {}
                Value::Reference(reference) if self.target(place, reference)?.sensitive => {
                    return Err(PlanError::new(place, "an output that is no secret", name.clone()));
                }
                Value::Reference(_) => {}
                other => {
                    let expected = "a text, number or boolean, or a reference to an answer";
                    return Err(PlanError::new(place, expected, other.to_string()));
                }
            }
        }
        Ok(())
    }

    /// What is referred to must be known after a resume, too: from the answer, which may be lost, or from the read.
    fn outputs_are_found(&self, draft: &'a Draft) -> Result<(), PlanError> {
        // Of each step, the outputs that its read gives.
        let by_id = draft.steps.iter().map(|step| {
            let outputs: Vec<Path> = match &step.again {
                Again::Found(found) => {
                    found.outputs.iter().filter_map(|output| output.path.parse().ok()).collect()
                }
                _ => Vec::new(),
            };
            (step.id.as_str(), (&step.again, outputs))
        });
        let by_id: HashMap<&str, (&Again, Vec<Path>)> = by_id.collect();
        let mut wrong = None;
        let mut visit = |value: &'a Value| {
            if let (Value::Reference(reference), None) = (value, &wrong) {
                let given = |outputs: &[Path]| {
                    outputs.iter().any(|output| reference.path().starts_with(output))
                };
                let expected = match by_id.get(reference.step()) {
                    Some((Again::Found(_), outputs)) if !given(outputs) => {
                        "an output: where the read has what another call refers to"
                    }
                    Some((Again::Repeatable | Again::Removes, _)) => {
                        "found or client_token: another call refers to its answer"
                    }
                    _ => return,
                };
                let error = PlanError::new("again", expected, reference.to_string());
                wrong = Some(error.in_step(reference.step()));
            }
        };
        for step in &draft.steps {
            let inputs = step.calls().flat_map(|call| call.input.values());
            inputs.chain(step.expected()).for_each(|value| value.walk(&mut visit));
        }
        draft.outputs.values().for_each(|value| value.walk(&mut visit));
        wrong.map_or(Ok(()), Err)
    }
}

/// What a call's operation is.
fn operation(place: Place<'_>, call: &Call) -> Result<Model, PlanError> {
    let Some(service) = api::service(&call.service) else {
        let (place, expected) = (place.member("service"), "a service that plans can call");
        return Err(
            PlanError::new(place, expected, call.service.clone()).or_one_of(api::services())
        );
    };
    let Some(operation) = service.operation(&call.operation) else {
        let (place, expected) = (
            place.member("operation"),
            format!("an operation of {} that plans can call", call.service),
        );
        return Err(
            PlanError::new(place, expected, call.operation.clone()).or_one_of(service.operations())
        );
    };
    Ok((service, operation))
}

/// The shape at a place of an operation's answer.
fn answer_shape(place: Place<'_>, path: &str, model: Model) -> Result<&'static Shape, PlanError> {
    let parsed: Path = path.parse().map_err(|error: PlanError| {
        PlanError::new(place, error.expected().to_owned(), path.to_owned())
    })?;
    shape_at(place, &parsed, model)
}

fn shape_at(
    place: Place<'_>,
    path: &Path,
    (service, operation): Model,
) -> Result<&'static Shape, PlanError> {
    let nothing = || PlanError::new(place, "a place in the answer", path.to_string());
    let mut shape =
        operation.output.and_then(|output| service.shape(output)).ok_or_else(nothing)?;
    for segment in path.segments() {
        let next = match (segment, &shape.kind) {
            (Segment::Member(name), Kind::Structure(members)) => {
                let member = members.iter().find(|member| member.name == name);
                member.map(|member| member.shape).ok_or_else(|| {
                    PlanError::new(place, format!("a member of {}", shape.name), name.clone())
                        .or_one_of(members.iter().map(|member| member.name))
                })?
            }
            (Segment::Member(_), Kind::Map(of)) | (Segment::Index(_), Kind::List(of)) => *of,
            _ => return Err(nothing()),
        };
        shape = service.shape(next).ok_or_else(nothing)?;
    }
    Ok(shape)
}

/// Whether a value of one shape can stand where the other is asked for.
fn same(asked: &Shape, given: &Shape) -> bool {
    match (&asked.kind, &given.kind) {
        (Kind::Structure(_), Kind::Structure(_))
        | (Kind::List(_), Kind::List(_))
        | (Kind::Map(_), Kind::Map(_)) => asked.name == given.name,
        (asked, given) => std::mem::discriminant(asked) == std::mem::discriminant(given),
    }
}

fn constant(place: Place<'_>, text: &str, shape: &Shape) -> Result<(), PlanError> {
    let found = || text.to_owned();
    if !shape.values.is_empty() && !shape.values.contains(&text) {
        let expected = match shape.values.len() {
            0..=12 => format!("one of {}", shape.values.join(", ")),
            _ => format!("one of the values of {}", shape.name),
        };
        return Err(
            PlanError::new(place, expected, found()).or_one_of(shape.values.iter().copied())
        );
    }
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    within(place, length, shape, " characters")?;
    match shape.misfit(text) {
        Some(pattern) => Err(PlanError::new(place, format!("a text that fits {pattern}"), found())),
        None => Ok(()),
    }
}

fn within(place: Place<'_>, found: i64, shape: &Shape, unit: &str) -> Result<(), PlanError> {
    let expected = match (shape.min, shape.max) {
        (Some(min), Some(max)) if !(min..=max).contains(&found) => format!("{min} to {max}{unit}"),
        (Some(min), None) if found < min => format!("at least {min}{unit}"),
        (None, Some(max)) if found > max => format!("at most {max}{unit}"),
        _ => return Ok(()),
    };
    Err(PlanError::new(place, expected, format!("{found}{unit}")))
}

/// What has members: an operation, or a structure in its input.
enum Whole<'a> {
    Call(&'a Call),
    Shape(&'static str),
}

impl std::fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(call) => write!(f, "{} {}", call.service, call.operation),
            Self::Shape(name) => f.write_str(name),
        }
    }
}
