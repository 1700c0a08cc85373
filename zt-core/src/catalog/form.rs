//! Texts with parts that are up to others: ARN patterns and open condition keys.

/// What such a text is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part<'a> {
    Literal(&'a str),
    /// `${Name}`, `<name>`, `tag-key` or nothing after the last slash.
    Open,
}

/// Whether a form has parts that are up to others.
pub(super) fn is_open(form: &str) -> bool {
    matches!(next(form), Some((_, tail)) if !tail.is_empty())
        || matches!(next(form), Some((Part::Open, _)))
}

/// Whether a text has a form, in any case, and how many of its characters the form gives. An open part stands for one
/// character or more.
pub(super) fn fits(form: &str, text: &str) -> Option<usize> {
    match next(form) {
        None => text.is_empty().then_some(0),
        Some((Part::Literal(literal), tail)) => {
            let (head, rest) = text.split_at_checked(literal.len())?;
            if !head.eq_ignore_ascii_case(literal) {
                return None;
            }
            fits(tail, rest).map(|more| more + literal.len())
        }
        Some((Part::Open, "")) => (!text.is_empty()).then_some(0),
        Some((Part::Open, tail)) => {
            // The shortest part that lets the rest fit: AWS's variables before others seldom hold separators.
            text.char_indices().skip(1).find_map(|(at, _)| fits(tail, text.get(at..)?))
        }
    }
}

/// The first part, and what follows it.
fn next(form: &str) -> Option<(Part<'_>, &str)> {
    if form.is_empty() {
        return None;
    }
    for (open, close) in [("${", '}'), ("<", '>')] {
        if let Some((_, tail)) = form.strip_prefix(open).and_then(|inside| inside.split_once(close))
        {
            return Some((Part::Open, tail));
        }
    }
    if form == "tag-key" {
        return Some((Part::Open, ""));
    }
    let mut ends = form.char_indices().skip(1).map(|(at, _)| at);
    let end = ends
        .find(|at| {
            form.get(*at..).is_some_and(|rest| {
                rest.starts_with("${")
                    || rest.starts_with('<')
                    || (rest == "tag-key"
                        && form.get(..*at).is_some_and(|head| head.ends_with('/')))
            })
        })
        .unwrap_or(form.len());
    let (literal, tail) = form.split_at_checked(end)?;
    Some((Part::Literal(literal), tail))
}
