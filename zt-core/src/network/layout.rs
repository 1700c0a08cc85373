//! Which subnet has which addresses.

use ipnet::Ipv4Net;

use super::error::NetworkError;
use super::ranges;

/// The addresses of a segmentation: a block for each tier, and in it a subnet for each zone.
///
/// All subnets are of one size and aligned to it. Blocks stand in the order of the tiers, from the start of the VPC's range;
/// those of interface endpoints and NAT gateways stand at its end. So the same description gives the same layout, and a tier
/// or zone that is added at the end moves nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layout {
    vpc: Ipv4Net,
    subnets: Vec<PlacedSubnet>,
    blocks: Vec<(String, Ipv4Net)>,
}

impl Layout {
    /// The VPC's range.
    #[must_use]
    pub fn vpc(&self) -> Ipv4Net {
        self.vpc
    }

    /// The subnets: tier by tier, zone by zone.
    #[must_use]
    pub fn subnets(&self) -> &[PlacedSubnet] {
        &self.subnets
    }

    /// The range that all subnets of a tier are in, and no other.
    #[must_use]
    pub fn block(&self, tier: &str) -> Option<Ipv4Net> {
        self.blocks.iter().find(|(name, _)| name == tier).map(|&(_, block)| block)
    }
}

/// A subnet and its addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlacedSubnet {
    pub(super) tier: String,
    pub(super) zone: String,
    pub(super) range: Ipv4Net,
}

impl PlacedSubnet {
    /// Its tier; `endpoints` and `nat` for those that hold interface endpoints and NAT gateways.
    #[must_use]
    pub fn tier(&self) -> &str {
        &self.tier
    }

    /// Its zone, as it was given.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Its range.
    #[must_use]
    pub fn range(&self) -> Ipv4Net {
        self.range
    }

    /// How many addresses interfaces can have: AWS keeps five of every subnet.
    #[must_use]
    pub fn usable(&self) -> u32 {
        let size = 1_u32.checked_shl(32 - u32::from(self.range.prefix_len())).unwrap_or(u32::MAX);
        size.saturating_sub(ranges::RESERVED)
    }

    /// Its id in the plan and the model: `web-a`.
    pub(super) fn id(&self) -> String {
        format!("{}-{}", self.tier, self.zone)
    }
}

/// What decides a layout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    pub(super) vpc: Ipv4Net,
    pub(super) zones: &'a [String],
    pub(super) subnet_prefix: Option<u8>,
    pub(super) zone_slots: Option<u8>,
}

impl Shape<'_> {
    /// Default: a 32nd of the VPC, so that seven tiers fit beside the endpoints.
    fn prefix(&self) -> u8 {
        self.subnet_prefix.unwrap_or_else(|| self.vpc.prefix_len().saturating_add(5).min(28))
    }

    /// Default: 4, or 8 when there are more zones.
    fn slots(&self) -> u8 {
        self.zone_slots.unwrap_or(if self.zones.len() > 4 { 8 } else { 4 })
    }

    /// Places tiers from the start, and others from the end.
    pub(super) fn layout(
        &self,
        tiers: &[&str],
        from_end: &[(&str, bool)],
    ) -> Result<Layout, NetworkError> {
        let (prefix, slots) = (self.prefix(), self.slots());
        if prefix < self.vpc.prefix_len() || !(16..=28).contains(&prefix) {
            let expected = format!("a prefix from {} to 28", self.vpc.prefix_len().max(16));
            return Err(NetworkError::invalid("subnet prefix", expected, prefix.to_string()));
        }
        if !slots.is_power_of_two() || slots > 8 || usize::from(slots) < self.zones.len() {
            let expected = format!("1, 2, 4 or 8, and at least {}", self.zones.len());
            return Err(NetworkError::invalid("zone slots", expected, slots.to_string()));
        }
        let slot_bits = u8::try_from(slots.trailing_zeros()).unwrap_or(0);
        let block_prefix = prefix.saturating_sub(slot_bits);
        let blocks = match block_prefix.checked_sub(self.vpc.prefix_len()) {
            Some(bits) => 1_usize.checked_shl(u32::from(bits)).unwrap_or(0),
            None => 0,
        };
        let wanted = tiers.len() + from_end.iter().filter(|(_, is_there)| *is_there).count();
        // A place at the end is its own even while it is empty of interfaces, unless tiers need it.
        let last = from_end.iter().rposition(|(_, is_there)| *is_there).map_or(0, |at| at + 1);
        if tiers.len() + last > blocks {
            let expected = format!(
                "room for {wanted} tiers of {slots} subnets of /{prefix} (endpoints and NAT gateways count as tiers)"
            );
            let remedy =
                "take a shorter prefix for the VPC, a longer subnet prefix, or fewer zone slots";
            return Err(
                NetworkError::invalid("cidr", expected, self.vpc.to_string()).remedy(remedy)
            );
        }
        let numbered = tiers.iter().enumerate().map(|(at, tier)| (at, *tier));
        let at_end = from_end
            .iter()
            .enumerate()
            .filter(|(_, (_, is_there))| *is_there)
            .map(|(at, (tier, _))| (blocks - 1 - at, *tier));
        let mut layout = Layout { vpc: self.vpc, subnets: Vec::new(), blocks: Vec::new() };
        for (at, tier) in numbered.chain(at_end) {
            let block =
                u32::try_from(at).ok().and_then(|at| ranges::part(self.vpc, block_prefix, at));
            let Some(block) = block else { continue };
            layout.blocks.push((tier.to_owned(), block));
            for (zone, number) in self.zones.iter().zip(0..) {
                if let Some(range) = ranges::part(block, prefix, number) {
                    let (tier, zone) = (tier.to_owned(), zone.clone());
                    layout.subnets.push(PlacedSubnet { tier, zone, range });
                }
            }
        }
        Ok(layout)
    }
}
