//! Where AWS's documentation says nothing, or two things: what this evaluator does.

use std::fmt;

use serde::Serialize;

/// A question that AWS's documentation leaves open, and the answer taken here.
///
/// Where such an answer took part in a decision, [`Reason::choices`](super::Reason::choices) has it and the reason's
/// text names it.
///
/// ```
/// use zt_core::evaluate::choices;
///
/// assert!(choices().iter().any(|choice| choice.id() == "unknown-operator"));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct Choice {
    id: &'static str,
    question: &'static str,
    answer: &'static str,
    because: &'static str,
}

impl Choice {
    /// The name: short, stable, for searching.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// What is not documented.
    #[must_use]
    pub const fn question(&self) -> &'static str {
        self.question
    }

    /// What is done.
    #[must_use]
    pub const fn answer(&self) -> &'static str {
        self.answer
    }

    /// Why that and nothing else.
    #[must_use]
    pub const fn because(&self) -> &'static str {
        self.because
    }
}

/// The [id](Choice::id).
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// Every choice, in the order of the rules they belong to.
#[must_use]
pub const fn choices() -> &'static [Choice] {
    ALL
}

macro_rules! choices {
    ($($name:ident: $id:literal, $question:literal, $answer:literal, $because:literal;)*) => {
        $(pub(super) const $name: &Choice =
            &Choice { id: $id, question: $question, answer: $answer, because: $because };)*
        const ALL: &[Choice] = &[$(*$name),*];
    };
}

choices! {
    OLD_ESCAPES: "old-version-escapes",
        "Are `${*}`, `${?}` and `${$}` escapes under Version 2008-10-17?",
        "No: they are text, and the `*` or `?` in them is a wildcard.",
        "They came with policy variables, which that version does not have.";
    DEFAULT_SPACING: "variable-default-spacing",
        "May the default of a variable follow its comma without a space?",
        "Yes, after any number of spaces.",
        "Nothing else could be meant.";
    SHORT_RESOURCE: "short-resource-pattern",
        "What does a `Resource` with fewer than six parts match, such as `arn:aws:s3*`?",
        "It is a pattern for the whole text of the resource.",
        "IAM accepts some of these; nothing is split that has no parts.";
    UNRESOLVED_NOT_RESOURCE: "unresolved-not-resource",
        "What does `NotResource` except when its pattern has a variable without a value?",
        "A `Deny` excepts nothing; an `Allow` does not apply to resources that the rest of the pattern fits.",
        "Documented both ways: errs towards denial.";
    BOTH_FORMS: "both-forms",
        "What does a statement with both an element and its `Not` form apply to?",
        "An `Allow` to what both include, a `Deny` to what either includes.",
        "IAM refuses such policies: errs towards denial.";
    MISSING_ELEMENT: "missing-element",
        "What does a statement without action, or without the principal or resource it needs, apply to?",
        "An `Allow` to nothing, a `Deny` to everything.",
        "IAM refuses such policies: errs towards denial.";
    ANYONE_IS_DIRECT: "anyone-is-direct",
        "Do a permissions boundary and a session policy limit what a resource policy of the same account grants to `*`?",
        "No: `*` is as if the caller itself were named.",
        "So it is reported from practice; the documentation lists named callers only.";
    NOT_PRINCIPAL: "not-principal-any-form",
        "Whom does `NotPrincipal` except when it lists only one of a caller's account, role and session?",
        "The caller: any of the three is enough.",
        "AWS says it depends and advises to list all three; use `aws:PrincipalArn` in a condition instead.";
    UNKNOWN_OPERATOR: "unknown-operator",
        "Does a condition hold whose operator does not exist?",
        "In a `Deny` yes, in an `Allow` no.",
        "IAM refuses such policies: errs towards denial.";
    SEVERAL_VALUES: "several-values-without-set-operator",
        "What does an operator without `ForAllValues` or `ForAnyValue` do with a key of several values?",
        "It does not hold, negated or not. A list of one value is that value.",
        "AWS says that a set operator is required.";
    FOR_ANY_IF_EXISTS: "for-any-value-if-exists",
        "Does `ForAnyValue:...IfExists` hold when the key is absent?",
        "No.",
        "Of two rules that disagree, the one of the set operator: there is no value that matches.";
    EMPTY_LIST: "empty-list-is-null",
        "Is a key present whose list of values is empty?",
        "No: `Null` treats it as absent.",
        "The documentation says present means that the value is not null.";
    UNREADABLE_POLICY_VALUE: "unreadable-policy-value",
        "What does a value in a policy match that its operator cannot read: no number, date, address, base64, or an ARN \
         of fewer than six parts?",
        "Nothing, so that a negation holds.",
        "IAM saves some of these, such as `\"aws:SourceArn\": \"*\"` under `ArnLike`.";
    UNREADABLE_VALUE: "unreadable-request-value",
        "What does an operator do with a request's value that it cannot read?",
        "It does not hold, negated or not.",
        "A comparison without a value to compare has no answer.";
    NUMBERS: "number-spelling",
        "Which spellings of numbers are there?",
        "Digits, with a point between digits and a minus in front at most: no exponent, plus sign, or spaces. Compared \
         exactly, to 28 digits.",
        "The documentation says integers and decimals.";
    FOUR_DIGITS: "four-digits-are-a-year",
        "Is `2020` in a date condition a year or a number of seconds?",
        "A year; any other number of digits is seconds since 1970.",
        "Both forms are documented; nobody means the 34th minute of 1970.";
    IPV6_ALONE: "ipv6-without-prefix",
        "Which range is an IPv6 address without a prefix length?",
        "That one address: `/128`.",
        "The documentation says `/32` for addresses of any kind, which makes no sense for these.";
    HOST_BITS: "host-bits",
        "Which range is `10.0.0.7/24`?",
        "`10.0.0.0/24`.",
        "Host bits are masked, as routers do.";
    FOLDING: "case-beyond-ascii",
        "Which letters beyond ASCII are the same without regard to case?",
        "Those whose simple lower-case forms are.",
        "IAM allows Latin-1 only, where that is all there is.";
    RESOURCE_ACCOUNT: "resource-account-not-given",
        "In which account is a resource whose ARN does not tell, when the request does not either?",
        "In the principal's.",
        "An evaluation of one account is what is asked for most; give `resource_account` to say otherwise.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `docs/evaluation-choices.md` is this table.
    fn table() -> String {
        let mut text = String::from(
            "# Choices of the evaluator\n\n\
             Where AWS's documentation leaves a hole or contradicts itself, `zt_core::evaluate` does the following. Where \
             one of these took part in a decision, the explanation names it. The table is `evaluate::choices()`; a test \
             keeps this page equal to it.\n\n\
             | choice | question | answer | because |\n|---|---|---|---|\n",
        );
        for choice in choices() {
            let Choice { id, question, answer, because } = choice;
            text.push_str(&format!("| `{id}` | {question} | {answer} | {because} |\n"));
        }
        text
    }

    #[test]
    fn the_documentation_is_this_table() {
        // In a published package the page is not there; in the repository it must be.
        let page =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evaluation-choices.md");
        if std::env::var_os("ZT_WRITE_DOCS").is_some() {
            std::fs::write(&page, table()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&page).unwrap(), table());
    }

    #[test]
    fn ids_are_unique() {
        let ids: BTreeSet<_> = choices().iter().map(Choice::id).collect();
        assert_eq!(ids.len(), choices().len());
    }
}
