//! The condition keys of AWS itself.
//!
//! IAM User Guide, *AWS global condition context keys*, read in 2026.

use super::any::KeyKind;
use super::{Arn, Bool, Date, Ip, Key, Kind, MultiKey, Num, Str};

/// A condition key of AWS itself, as data: what language bindings make their key objects from.
///
/// ```
/// use zt_core::policy::keys::{GLOBAL_KEYS, KeyKind};
///
/// let key = GLOBAL_KEYS.iter().find(|key| key.name() == "aws:SourceIp").unwrap();
/// assert_eq!((key.namespace(), key.function()), ("aws", "source_ip"));
/// assert_eq!(key.kind(), KeyKind::Ip);
/// assert!(!key.is_multivalued());
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GlobalKey {
    name: &'static str,
    namespace: &'static str,
    function: &'static str,
    kind: KeyKind,
    multivalued: bool,
    doc: &'static str,
}

impl GlobalKey {
    /// The name in policies. A key with a tag ends in `/`: `aws:PrincipalTag/`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The module of [`keys`](super) that has its function: `aws`.
    #[must_use]
    pub const fn namespace(&self) -> &'static str {
        self.namespace
    }

    /// The name of its function: `source_ip`.
    #[must_use]
    pub const fn function(&self) -> &'static str {
        self.function
    }

    /// The type of its values.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether a request can have several values for it.
    #[must_use]
    pub const fn is_multivalued(&self) -> bool {
        self.multivalued
    }

    /// Whether its name goes on with the name of a tag.
    #[must_use]
    pub const fn takes_tag(&self) -> bool {
        matches!(self.name.as_bytes(), [.., b'/'])
    }

    /// What it is, in a sentence.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        self.doc.trim()
    }

    /// Whether a name is this key's, in any case.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        if !self.takes_tag() {
            return name.eq_ignore_ascii_case(self.name);
        }
        name.split_at_checked(self.name.len())
            .is_some_and(|(key, tag)| key.eq_ignore_ascii_case(self.name) && !tag.is_empty())
    }
}

macro_rules! global_keys {
    ($($visibility:vis $namespace:ident: $(#[doc = $namespace_doc:literal])* {
        $(#[doc = $doc:literal] $shape:ident $function:ident: $kind:ident = $name:literal;)*
    })*) => {
        $(
            $(#[doc = $namespace_doc])*
            $visibility mod $namespace {
                use super::*;

                $(global_keys! { @function $shape $doc $function $kind $name })*
            }
        )*

        /// Every condition key of AWS itself.
        pub const GLOBAL_KEYS: &[GlobalKey] = &[$($(
            GlobalKey {
                name: $name,
                namespace: stringify!($namespace),
                function: stringify!($function),
                kind: $kind::KIND,
                multivalued: global_keys!(@multivalued $shape),
                doc: $doc,
            },
        )*)*];
    };

    (@function one $doc:literal $function:ident $kind:ident $name:literal) => {
        #[doc = concat!("`", $name, "`:", $doc)]
        #[must_use]
        pub fn $function() -> Key<$kind> {
            Key::new($name)
        }
    };

    (@function many $doc:literal $function:ident $kind:ident $name:literal) => {
        #[doc = concat!("`", $name, "`:", $doc)]
        #[must_use]
        pub fn $function() -> MultiKey<$kind> {
            MultiKey::new($name)
        }
    };

    (@function tag $doc:literal $function:ident $kind:ident $name:literal) => {
        #[doc = concat!("`", $name, "...`:", $doc)]
        #[must_use]
        pub fn $function(tag: &str) -> Key<$kind> {
            Key::new(format!(concat!($name, "{}"), tag))
        }
    };

    (@multivalued many) => { true };
    (@multivalued $other:ident) => { false };
}

global_keys! {
    pub aws:
    /// Keys that any request to any service may have.
    {
        // Properties of the principal.
        /// The ARN of the principal; of the role, for a session of a role.
        one principal_arn: Arn = "aws:PrincipalArn";
        /// The account that the principal belongs to.
        one principal_account: Str = "aws:PrincipalAccount";
        /// The path of organisation and units that the principal's account is in.
        many principal_org_paths: Str = "aws:PrincipalOrgPaths";
        /// The organisation that the principal's account is in.
        one principal_org_id: Str = "aws:PrincipalOrgID";
        /// A tag of the principal.
        tag principal_tag: Str = "aws:PrincipalTag/";
        /// Whether an AWS service makes the request itself.
        one principal_is_aws_service: Bool = "aws:PrincipalIsAWSService";
        /// The service principal that makes the request.
        one principal_service_name: Str = "aws:PrincipalServiceName";
        /// All names of the service principal that makes the request.
        many principal_service_names_list: Str = "aws:PrincipalServiceNamesList";
        /// The type of the principal: `Account`, `User`, `FederatedUser`, `AssumedRole` or `Anonymous`.
        one principal_type: Str = "aws:PrincipalType";
        /// The unique id of the principal.
        one userid: Str = "aws:userid";
        /// The name of the IAM user. Absent for every other principal.
        one username: Str = "aws:username";

        // Properties of a role session.
        /// Whether the credentials are from `AssumeRoot`.
        one assumed_root: Bool = "aws:AssumedRoot";
        /// The identity provider that the session's role was assumed through.
        one federated_provider: Str = "aws:FederatedProvider";
        /// When the temporary credentials were issued.
        one token_issue_time: Date = "aws:TokenIssueTime";
        /// The sign-in session that the request comes from.
        one sign_in_session_arn: Arn = "aws:SignInSessionArn";
        /// Seconds since the principal proved a second factor.
        one multi_factor_auth_age: Num = "aws:MultiFactorAuthAge";
        /// Whether the principal proved a second factor. Absent for long-term credentials.
        one multi_factor_auth_present: Bool = "aws:MultiFactorAuthPresent";
        /// The chat configuration that the request comes from.
        one chatbot_source_arn: Arn = "aws:ChatbotSourceArn";
        /// The VPC that the credentials of the EC2 instance were delivered to.
        one ec2_instance_source_vpc: Str = "aws:Ec2InstanceSourceVpc";
        /// The private address that the credentials of the EC2 instance were delivered to.
        one ec2_instance_source_private_ipv4: Ip = "aws:Ec2InstanceSourcePrivateIPv4";
        /// The source identity that was set when the role was assumed.
        one source_identity: Str = "aws:SourceIdentity";

        // Properties of the network.
        /// The address of the caller. Absent for requests through a VPC endpoint.
        one source_ip: Ip = "aws:SourceIp";
        /// The VPC that the request comes through.
        one source_vpc: Str = "aws:SourceVpc";
        /// The ARN of the VPC that the request comes through.
        one source_vpc_arn: Arn = "aws:SourceVpcArn";
        /// The VPC endpoint that the request comes through.
        one source_vpce: Str = "aws:SourceVpce";
        /// The account of the VPC endpoint.
        one vpce_account: Str = "aws:VpceAccount";
        /// The organisation of the VPC endpoint.
        one vpce_org_id: Str = "aws:VpceOrgID";
        /// The path of organisation and units of the VPC endpoint.
        many vpce_org_paths: Str = "aws:VpceOrgPaths";
        /// The address of the caller inside the VPC.
        one vpc_source_ip: Ip = "aws:VpcSourceIp";

        // Properties of the resource.
        /// The account that owns the resource.
        one resource_account: Str = "aws:ResourceAccount";
        /// The organisation that owns the resource.
        one resource_org_id: Str = "aws:ResourceOrgID";
        /// The path of organisation and units that owns the resource.
        many resource_org_paths: Str = "aws:ResourceOrgPaths";
        /// A tag of the resource.
        tag resource_tag: Str = "aws:ResourceTag/";

        // Properties of the request.
        /// The services that the request came through, first to last.
        many called_via: Str = "aws:CalledVia";
        /// The first service that the request came through.
        one called_via_first: Str = "aws:CalledViaFirst";
        /// The last service that the request came through.
        one called_via_last: Str = "aws:CalledViaLast";
        /// The managed MCP server that the request came through.
        one called_via_aws_mcp: Str = "aws:CalledViaAWSMCP";
        /// Whether a service makes the request on the principal's behalf.
        one via_aws_service: Bool = "aws:ViaAWSService";
        /// Whether the request came through a managed MCP server.
        one via_aws_mcp_service: Bool = "aws:ViaAWSMCPService";
        /// When the request was made.
        one current_time: Date = "aws:CurrentTime";
        /// When the request was made, in seconds since 1970.
        one epoch_time: Date = "aws:EpochTime";
        /// The page that the request comes from, by its own account.
        one referer: Str = "aws:referer";
        /// The Region of the endpoint that is called.
        one requested_region: Str = "aws:RequestedRegion";
        /// A tag in the request.
        tag request_tag: Str = "aws:RequestTag/";
        /// The names of the tags in the request.
        many tag_keys: Str = "aws:TagKeys";
        /// Whether the request came over TLS.
        one secure_transport: Bool = "aws:SecureTransport";
        /// The account of the resource on whose behalf a service calls.
        one source_account: Str = "aws:SourceAccount";
        /// The resource on whose behalf a service calls.
        one source_arn: Arn = "aws:SourceArn";
        /// The organisation of the resource on whose behalf a service calls.
        one source_org_id: Str = "aws:SourceOrgID";
        /// The path of organisation and units of the resource on whose behalf a service calls.
        many source_org_paths: Str = "aws:SourceOrgPaths";
        /// The client program, by its own account.
        one user_agent: Str = "aws:UserAgent";
        /// Whether the action is one of a managed MCP server.
        one is_mcp_service_action: Bool = "aws:IsMcpServiceAction";
    }

    pub(super) ec2:
    /// Keys of Amazon EC2 that requests to other services may have.
    {
        /// The version of the instance metadata service that delivered the credentials.
        one role_delivery: Num = "ec2:RoleDelivery";
        /// The instance that the role's credentials were delivered to.
        one source_instance_arn: Arn = "ec2:SourceInstanceArn";
    }

    pub(super) glue:
    /// Keys of AWS Glue that requests to other services may have.
    {
        /// The service that assumed the role.
        one role_assumed_by: Str = "glue:RoleAssumedBy";
        /// The service that issued the credentials.
        one credential_issuing_service: Str = "glue:CredentialIssuingService";
    }

    pub(super) codebuild:
    /// Keys of AWS CodeBuild that requests to other services may have.
    {
        /// The build that makes the request.
        one build_arn: Arn = "codebuild:BuildArn";
        /// The project whose build makes the request.
        one project_arn: Arn = "codebuild:ProjectArn";
    }

    pub(super) lambda:
    /// Keys of AWS Lambda that requests to other services may have.
    {
        /// The function that makes the request.
        one source_function_arn: Arn = "lambda:SourceFunctionArn";
    }

    pub(super) ssm:
    /// Keys of AWS Systems Manager that requests to other services may have.
    {
        /// The managed instance that the role's credentials were delivered to.
        one source_instance_arn: Arn = "ssm:SourceInstanceArn";
    }

    pub(super) identitystore:
    /// Keys of IAM Identity Center that requests to other services may have.
    {
        /// The workforce user that makes the request.
        one user_id: Str = "identitystore:UserId";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case() {
        let find = |name: &str| GLOBAL_KEYS.iter().filter(|key| key.matches(name)).count();
        assert_eq!(find("AWS:SOURCEIP"), 1);
        assert_eq!(find("aws:principaltag/Team"), 1);
        assert_eq!(find("aws:PrincipalTag/"), 0);
        assert_eq!(find("aws:PrincipalTag"), 0);
        assert_eq!(find("s3:prefix"), 0);
        for key in GLOBAL_KEYS {
            assert!(!key.doc().is_empty());
        }
    }

    #[test]
    fn functions_name_their_keys() {
        assert_eq!(aws::principal_tag("team").name(), "aws:PrincipalTag/team");
        assert_eq!(aws::current_time().name(), "aws:CurrentTime");
        assert_eq!(aws::tag_keys().name(), "aws:TagKeys");
    }
}
