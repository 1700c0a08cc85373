//! Micro-segmentation: an application's network from declared flows, and the proof of what reaches what.
//!
//! - [`Segmentation`]: tiers, subnets, groups, ACLs and endpoints of one application's VPC, from the flows that are declared;
//! - [`Reachability`]: what reaches what in any [`Network`], described or observed, and why;
//! - [`Intents`]: who may send what to whom, compared with a network.
//!
//! ```
//! use zt_core::network::{Segmentation, Traffic};
//!
//! let shop = Segmentation::standard("shop")?;
//! let ssh = shop.explain("web", "app", Traffic::tcp(22))?;
//! assert_eq!(ssh.to_string(), "tcp 22 from web to app is stopped: no egress rule of group `shop-web` allows it");
//! # Ok::<(), zt_core::network::NetworkError>(())
//! ```

mod answers;
mod blueprint;
mod error;
mod intent;
mod layout;
mod observed;
mod picture;
mod plan;
mod ranges;
mod reach;
mod rules;
mod segmentation;
mod state;
mod tier;
mod traffic;

pub use self::error::{InvalidNetwork, NetworkError, Violations};
pub use self::intent::{Intents, Violation, ViolationKind};
pub use self::layout::{Layout, PlacedSubnet};
pub use self::ranges::{Taken, allocate};
pub use self::reach::{Answer, Outcome, Place, Reach, Reachability, UNFILTERED};
pub use self::segmentation::{Reachable, Segmentation, SegmentationBuilder};
pub use self::state::{
    Acl, AclEntry, ClientPorts, Destination, Group, GroupRule, Interface, NatGateway, Network,
    PrefixList, Route, RouteTable, RulePeer, Subnet, Target, Vpc,
};
pub use self::tier::{Endpoint, EndpointKind, ExtraRule, Flow, FlowLogs, Tier};
pub use self::traffic::{PortSet, Ports, Protocol, Traffic, TrafficSet};
