//! What a rule of one's own looks at.

use serde_json::{Map, Value, json};

use super::capacity::Costs;
use super::error::header;
use super::{IpSet, WafError};

/// What a rule matches: statements that may be nested, in rules of one's own, in scope-down statements and in each other.
///
/// Rate limits and managed rule groups cannot be nested, and are no `Statement`.
///
/// ```
/// use zt_core::waf::{Countries, Statement};
///
/// let login = Statement::path_starts_with("/login")?;
/// let abroad = !Statement::countries(Countries::new(["JP"])?);
/// assert_eq!(login.and(abroad).units(), 33);
/// # Ok::<(), zt_core::waf::WafError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Statement(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Countries(Countries, Option<ForwardedIp>),
    IpSet(IpSet, Option<(ForwardedIp, Position)>),
    Label(String),
    PathStartsWith(String),
    SqlInjection(Component, Vec<TextTransformation>, Sensitivity),
    CrossSiteScripting(Component, Vec<TextTransformation>),
    Not(Box<Statement>),
    And(Vec<Statement>),
    Or(Vec<Statement>),
}

impl Statement {
    /// Requests from these countries, by their source address.
    #[must_use]
    pub fn countries(countries: Countries) -> Self {
        Self(Kind::Countries(countries, None))
    }

    /// Requests from these countries, by the address that a proxy reports.
    #[must_use]
    pub fn countries_behind(countries: Countries, proxy: ForwardedIp) -> Self {
        Self(Kind::Countries(countries, Some(proxy)))
    }

    /// Requests from addresses of a set.
    #[must_use]
    pub fn ip_set(set: IpSet) -> Self {
        Self(Kind::IpSet(set, None))
    }

    /// Requests from addresses of a set, by the address that a proxy reports.
    #[must_use]
    pub fn ip_set_behind(set: IpSet, proxy: ForwardedIp, position: Position) -> Self {
        Self(Kind::IpSet(set, Some((proxy, position))))
    }

    /// Requests to which an earlier rule added this label.
    ///
    /// # Errors
    ///
    /// When it is not 1 to 1,024 letters, digits, `_`, `-` and `:`.
    pub fn label(label: impl AsRef<str>) -> Result<Self, WafError> {
        Ok(Self(Kind::Label(checked_label(label.as_ref())?)))
    }

    /// Requests for paths that start like this, decoded, normalised and in any case, so that `/x/../%6Cogin` is `/login`.
    ///
    /// # Errors
    ///
    /// When the path does not start with `/`, is not lower case ASCII, or is longer than 200 bytes.
    pub fn path_starts_with(path: impl AsRef<str>) -> Result<Self, WafError> {
        let path = path.as_ref();
        let fits = path.starts_with('/')
            && path.len() <= 200
            && path.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase());
        if !fits {
            return Err(WafError::invalid(
                "path",
                "`/` and up to 199 characters of ASCII in lower case",
                path,
            ));
        }
        Ok(Self(Kind::PathStartsWith(path.to_owned())))
    }

    /// SQL in a component of the request.
    #[must_use]
    pub fn sql_injection(
        component: Component,
        decode: impl IntoIterator<Item = TextTransformation>,
        sensitivity: Sensitivity,
    ) -> Self {
        Self(Kind::SqlInjection(component, decode.into_iter().collect(), sensitivity))
    }

    /// Scripts in a component of the request.
    #[must_use]
    pub fn cross_site_scripting(
        component: Component,
        decode: impl IntoIterator<Item = TextTransformation>,
    ) -> Self {
        Self(Kind::CrossSiteScripting(component, decode.into_iter().collect()))
    }

    /// What both match.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self.0 {
            Kind::And(mut all) => {
                all.push(other);
                Self(Kind::And(all))
            }
            one => Self(Kind::And(vec![Self(one), other])),
        }
    }

    /// What either matches.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self.0 {
            Kind::Or(mut all) => {
                all.push(other);
                Self(Kind::Or(all))
            }
            one => Self(Kind::Or(vec![Self(one), other])),
        }
    }

    /// What it takes of a web ACL's capacity, in WCU.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.costs().0.iter().map(|(_, units)| units).sum()
    }

    pub(super) fn costs(&self) -> Costs {
        match &self.0 {
            Kind::Countries(..) => Costs::one("geographic match", 1),
            Kind::IpSet(_, Some((_, Position::Any))) => {
                Costs::one("IP set match", 1).and(Costs::one("any forwarded address", 4))
            }
            Kind::IpSet(..) => Costs::one("IP set match", 1),
            Kind::Label(_) => Costs::one("label match", 1),
            Kind::PathStartsWith(_) => {
                inspected("string match", 2, &Component::UriPath, PATH.len())
            }
            Kind::SqlInjection(component, decode, sensitivity) => {
                let base = match sensitivity {
                    Sensitivity::Low => 20,
                    Sensitivity::High => 30,
                };
                inspected("SQL injection match", base, component, decode.len())
            }
            Kind::CrossSiteScripting(component, decode) => {
                inspected("cross-site scripting match", 40, component, decode.len())
            }
            Kind::Not(one) => one.costs(),
            Kind::And(all) | Kind::Or(all) => {
                all.iter().map(Self::costs).fold(Costs::default(), Costs::and)
            }
        }
    }

    /// The sets of addresses it refers to.
    pub(super) fn ip_sets(&self) -> Vec<&IpSet> {
        match &self.0 {
            Kind::IpSet(set, _) => vec![set],
            Kind::Not(one) => one.ip_sets(),
            Kind::And(all) | Kind::Or(all) => all.iter().flat_map(Self::ip_sets).collect(),
            _ => Vec::new(),
        }
    }

    /// In the form of the WAFV2 API; `arn` gives what stands for the ARN of a set.
    pub(super) fn to_json(&self, arn: &dyn Fn(&IpSet) -> Value) -> Value {
        match &self.0 {
            Kind::Countries(countries, proxy) => {
                let mut statement = json!({"CountryCodes": countries.0});
                if let Some(proxy) = proxy {
                    insert(&mut statement, "ForwardedIPConfig", proxy.to_json());
                }
                json!({"GeoMatchStatement": statement})
            }
            Kind::IpSet(set, proxy) => {
                let mut statement = json!({"ARN": arn(set)});
                if let Some((proxy, position)) = proxy {
                    let mut config = proxy.to_json();
                    insert(&mut config, "Position", json!(position.name()));
                    insert(&mut statement, "IPSetForwardedIPConfig", config);
                }
                json!({"IPSetReferenceStatement": statement})
            }
            Kind::Label(label) => json!({"LabelMatchStatement": {"Scope": "LABEL", "Key": label}}),
            Kind::PathStartsWith(path) => json!({"ByteMatchStatement": {
                "SearchString": path,
                "FieldToMatch": Component::UriPath.to_json(),
                "TextTransformations": transformations(&PATH),
                "PositionalConstraint": "STARTS_WITH",
            }}),
            Kind::SqlInjection(component, decode, sensitivity) => json!({"SqliMatchStatement": {
                "FieldToMatch": component.to_json(),
                "TextTransformations": transformations(decode),
                "SensitivityLevel": match sensitivity { Sensitivity::Low => "LOW", Sensitivity::High => "HIGH" },
            }}),
            Kind::CrossSiteScripting(component, decode) => json!({"XssMatchStatement": {
                "FieldToMatch": component.to_json(),
                "TextTransformations": transformations(decode),
            }}),
            Kind::Not(one) => json!({"NotStatement": {"Statement": one.to_json(arn)}}),
            Kind::And(all) => json!({"AndStatement": {"Statements": each(all, arn)}}),
            Kind::Or(all) => json!({"OrStatement": {"Statements": each(all, arn)}}),
        }
    }
}

impl std::ops::Not for Statement {
    type Output = Self;

    /// What the statement does not match.
    fn not(self) -> Self {
        Self(Kind::Not(Box::new(self)))
    }
}

/// How a path is made comparable.
const PATH: [TextTransformation; 3] = [
    TextTransformation::UrlDecode,
    TextTransformation::NormalizePath,
    TextTransformation::Lowercase,
];

fn each(all: &[Statement], arn: &dyn Fn(&IpSet) -> Value) -> Vec<Value> {
    all.iter().map(|one| one.to_json(arn)).collect()
}

pub(super) fn insert(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

/// What inspecting a component takes: the pages of the statements in the AWS WAF Developer Guide.
fn inspected(what: &str, base: u32, component: &Component, transformations: usize) -> Costs {
    let mut costs = Costs::one(what, base);
    match component {
        Component::AllQueryArguments => costs = costs.and(Costs::one("all query parameters", 10)),
        Component::JsonBody => costs = costs.and(Costs::one("JSON body", base)),
        _ => {}
    }
    for _ in 0..transformations {
        costs = costs.and(Costs::one("text transformation", 10));
    }
    costs
}

fn transformations(all: &[TextTransformation]) -> Vec<Value> {
    let none = [json!({"Priority": 0, "Type": "NONE"})];
    if all.is_empty() {
        return none.to_vec();
    }
    all.iter()
        .enumerate()
        .map(|(priority, one)| json!({"Priority": priority, "Type": one.name()}))
        .collect()
}

pub(super) fn checked_label(label: &str) -> Result<String, WafError> {
    let fits = (1..=1024).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':'));
    if fits {
        return Ok(label.to_owned());
    }
    Err(WafError::invalid(
        "label",
        "1 to 1,024 letters, digits, underscores, hyphens and colons",
        label,
    ))
}

/// Countries by their codes of ISO 3166-1, as AWS WAF knows them.
///
/// ```
/// use zt_core::waf::Countries;
///
/// assert!(Countries::new(["JP", "DE"]).is_ok());
/// assert_eq!(Countries::new(["UK"]).unwrap_err().to_string(), "country: expected a code of ISO 3166-1 such as GB, found `UK`");
/// # Ok::<(), zt_core::waf::WafError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Countries(Vec<String>);

impl Countries {
    /// How many one statement may have (WAFV2 API, `GeoMatchStatement`).
    pub const LIMIT: usize = 50;

    /// These countries, 1 to 50 of them.
    ///
    /// # Errors
    ///
    /// When there are none or too many, and when a code is none.
    pub fn new<T: AsRef<str>>(codes: impl IntoIterator<Item = T>) -> Result<Self, WafError> {
        let mut kept = Vec::new();
        for code in codes {
            let code = code.as_ref();
            if code.len() != 2 || !COUNTRIES.split(' ').any(|known| known == code) {
                return Err(WafError::invalid("country", "a code of ISO 3166-1 such as GB", code));
            }
            if !kept.iter().any(|known| known == code) {
                kept.push(code.to_owned());
            }
        }
        if !(1..=Self::LIMIT).contains(&kept.len()) {
            return Err(WafError::invalid("countries", "1 to 50 codes", kept.len()));
        }
        Ok(Self(kept))
    }
}

/// ISO 3166-1, and Kosovo's code in use.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// The address of the client, as a proxy in front of AWS reports it in a header.
///
/// Whoever can reach the resource past the proxy writes that header at will: let nobody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForwardedIp {
    header: String,
    matches: bool,
}

impl ForwardedIp {
    /// The address in this header, such as `X-Forwarded-For`. A request without a valid address in it does not match.
    ///
    /// # Errors
    ///
    /// When the header has no name that HTTP allows.
    pub fn header(name: impl AsRef<str>) -> Result<Self, WafError> {
        Ok(Self { header: header(name.as_ref())?, matches: false })
    }

    /// A request without a valid address in the header matches.
    #[must_use]
    pub fn or_match(mut self) -> Self {
        self.matches = true;
        self
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"HeaderName": self.header, "FallbackBehavior": if self.matches { "MATCH" } else { "NO_MATCH" }})
    }
}

/// Which of the addresses in a header counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Position {
    /// The first: what the client, or who pretends to be it, wrote.
    First,
    /// The last: what the nearest proxy saw.
    Last,
    /// Each of them, up to ten. Takes 4 WCU more.
    Any,
}

impl Position {
    fn name(self) -> &'static str {
        match self {
            Self::First => "FIRST",
            Self::Last => "LAST",
            Self::Any => "ANY",
        }
    }
}

/// A part of a request.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Component {
    /// The query string, whole.
    QueryString,
    /// Each query parameter. Takes 10 WCU more.
    AllQueryArguments,
    /// The path.
    UriPath,
    /// The body, as far as AWS WAF sees it; what is longer matches.
    Body,
    /// The values in a JSON body; one that does not parse is inspected as text. Doubles the base cost.
    JsonBody,
    /// One header.
    Header(HeaderName),
}

/// The name of a header: see [`Component::Header`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeaderName(String);

impl HeaderName {
    /// This name.
    ///
    /// # Errors
    ///
    /// When HTTP does not allow it.
    pub fn new(name: impl AsRef<str>) -> Result<Self, WafError> {
        header(name.as_ref()).map(Self)
    }
}

impl Component {
    fn to_json(&self) -> Value {
        let empty = Value::Object(Map::new());
        match self {
            Self::QueryString => json!({"QueryString": empty}),
            Self::AllQueryArguments => json!({"AllQueryArguments": empty}),
            Self::UriPath => json!({"UriPath": empty}),
            Self::Body => json!({"Body": {"OversizeHandling": "MATCH"}}),
            Self::JsonBody => json!({"JsonBody": {
                "MatchPattern": {"All": empty},
                "MatchScope": "ALL",
                "InvalidFallbackBehavior": "EVALUATE_AS_STRING",
                "OversizeHandling": "MATCH",
            }}),
            Self::Header(HeaderName(name)) => {
                json!({"SingleHeader": {"Name": name.to_ascii_lowercase()}})
            }
        }
    }
}

/// How a component is decoded before it is inspected: 10 WCU each, in order.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextTransformation {
    /// `%27` to `'`.
    UrlDecode,
    /// `&#x27;` to `'`.
    HtmlEntityDecode,
    /// Upper case to lower case.
    Lowercase,
    /// Several spaces to one.
    CompressWhiteSpace,
    /// `/a/../b` to `/b`.
    NormalizePath,
}

impl TextTransformation {
    fn name(self) -> &'static str {
        match self {
            Self::UrlDecode => "URL_DECODE",
            Self::HtmlEntityDecode => "HTML_ENTITY_DECODE",
            Self::Lowercase => "LOWERCASE",
            Self::CompressWhiteSpace => "COMPRESS_WHITE_SPACE",
            Self::NormalizePath => "NORMALIZE_PATH",
        }
    }
}

/// How readily SQL is recognised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sensitivity {
    /// Fewer false alarms: for sites with other protection. 20 WCU.
    Low,
    /// More attacks: what AWS recommends. 30 WCU.
    High,
}
