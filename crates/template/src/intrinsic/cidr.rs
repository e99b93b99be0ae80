//! Cutting an address block into smaller ones, for `Fn::Cidr`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a block cannot be cut as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CidrError {
    NotABlock,
    Count,
    Bits,
    TooMany,
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotABlock => "it is not an address block such as `10.0.0.0/16`",
            Self::Count => "the count is between 1 and 256",
            Self::Bits => "the host bits have to fit into the block",
            Self::TooMany => "the block is too small for that many",
        })
    }
}

/// `count` blocks with `host_bits` bits for hosts each, from the start of `block`. Without host bits, blocks are /24 or /64.
pub(super) fn blocks(block: &str, count: u32, host_bits: Option<u32>) -> Result<Vec<String>, CidrError> {
    let (address, prefix) = block.split_once('/').ok_or(CidrError::NotABlock)?;
    let address: IpAddr = address.parse().map_err(|_| CidrError::NotABlock)?;
    let prefix: u32 = prefix.parse().map_err(|_| CidrError::NotABlock)?;
    let (width, base) = match address {
        IpAddr::V4(v4) => (32, u128::from(u32::from(v4))),
        IpAddr::V6(v6) => (128, u128::from(v6)),
    };
    if prefix > width {
        return Err(CidrError::NotABlock);
    }
    if !(1..=256).contains(&count) {
        return Err(CidrError::Count);
    }
    let host_bits = host_bits.unwrap_or(if width == 32 { 8 } else { 64 });
    if host_bits > width - prefix || host_bits >= 128 {
        return Err(CidrError::Bits);
    }
    let spare = width - prefix - host_bits;
    if spare < 32 && count > 1u32 << spare {
        return Err(CidrError::TooMany);
    }
    let start = if width == prefix { base } else { base & !mask(width - prefix) };
    let shown = |n: u32| {
        let at = start + (u128::from(n) << host_bits);
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(at).unwrap_or(u32::MAX))),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(at)),
        };
        format!("{address}/{}", width - host_bits)
    };
    Ok((0..count).map(shown).collect())
}

/// A number with its lowest `bits` bits set.
fn mask(bits: u32) -> u128 {
    if bits >= 128 { u128::MAX } else { (1 << bits) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_from_the_start() {
        assert_eq!(
            blocks("10.0.3.7/16", 3, Some(8)),
            Ok(vec!["10.0.0.0/24".into(), "10.0.1.0/24".into(), "10.0.2.0/24".into()])
        );
        assert_eq!(
            blocks("2001:db8:1234:1a00::/56", 2, Some(64)),
            Ok(vec!["2001:db8:1234:1a00::/64".into(), "2001:db8:1234:1a01::/64".into()])
        );
        assert_eq!(blocks("10.0.0.0/24", 6, Some(5)).map(|b| b.last().cloned()), Ok(Some("10.0.0.160/27".into())));
        assert_eq!(blocks("255.255.255.255/32", 1, Some(0)), Ok(vec!["255.255.255.255/32".into()]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(blocks("10.0.0.0/24", 9, Some(5)), Err(CidrError::TooMany));
        assert_eq!(blocks("10.0.0.0/24", 1, Some(9)), Err(CidrError::Bits));
        assert_eq!(blocks("::/0", 1, Some(128)), Err(CidrError::Bits));
        assert_eq!(blocks("10.0.0.0/16", 0, Some(8)), Err(CidrError::Count));
        assert_eq!(blocks("10.0.0/16", 1, Some(8)), Err(CidrError::NotABlock));
        assert_eq!(blocks("10.0.0.0/33", 1, None), Err(CidrError::NotABlock));
    }
}
