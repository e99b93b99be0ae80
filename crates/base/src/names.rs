//! Names of AWS things, each checked when it is made.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not the name it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    /// What the text was meant to be.
    pub expected: &'static str,
    /// The text.
    pub found: String,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.found, self.expected)
    }
}

impl std::error::Error for NameError {}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and takes a text.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text)) } else { Err(NameError { expected: $expected, found: text }) }
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// Twelve digits. Always a string: a leading zero counts.
    AccountId,
    "an account id of twelve digits",
    |t| t.len() == 12 && t.bytes().all(|b| b.is_ascii_digit())
);
name!(
    /// A region code such as `eu-central-1`, checked by its form and not against a list, since AWS adds regions.
    Region,
    "a region code such as `us-east-1`",
    is_region
);
name!(
    /// A CloudFormation stack name: a letter, then letters, digits and hyphens, 128 characters at most.
    StackName,
    "a stack name (a letter, then letters, digits and hyphens, up to 128)",
    |t| {
        t.len() <= 128
            && t.starts_with(|c: char| c.is_ascii_alphabetic())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }
);
name!(
    /// The SHA-256 of some bytes as 64 lower-case hexadecimal digits.
    Digest,
    "a SHA-256 digest of 64 hexadecimal digits",
    |t| t.len() == 64 && t.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
);
name!(
    /// The id of one run, unique within its pipeline: letters, digits and hyphens, 40 characters at most, so that it
    /// fits in a role session name and a client token.
    RunId,
    "a run id (letters, digits and hyphens, up to 40)",
    |t| !t.is_empty() && t.len() <= 40 && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
);

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let words = parts.len().saturating_sub(1);
    text.len() <= 25
        && (3..=4).contains(&parts.len())
        && parts[..words].iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()))
        && parts[words].len() <= 2
        && parts[words].parse::<u8>().is_ok()
}

/// The AWS partition that a region belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Partition {
    /// `aws`
    #[serde(rename = "aws")]
    Aws,
    /// `aws-cn`
    #[serde(rename = "aws-cn")]
    China,
    /// `aws-us-gov`
    #[serde(rename = "aws-us-gov")]
    UsGov,
}

impl Partition {
    /// As it stands in an ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
        }
    }

    /// The domain of its endpoints, `AWS::URLSuffix`.
    pub fn url_suffix(self) -> &'static str {
        match self {
            Self::China => "amazonaws.com.cn",
            Self::Aws | Self::UsGov => "amazonaws.com",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Region {
    /// The regions that AWS names in public ("Regions and Endpoints", AWS General Reference, in 2026). There may be newer
    /// ones.
    pub const PUBLIC: [&str; 38] = [
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "cn-north-1",
        "cn-northwest-1",
        "us-gov-east-1",
        "us-gov-west-1",
    ];

    /// The partition, told from the first word of the code.
    pub fn partition(&self) -> Partition {
        match self.0.split('-').next() {
            Some("cn") => Partition::China,
            _ if self.0.starts_with("us-gov-") => Partition::UsGov,
            _ => Partition::Aws,
        }
    }
}

/// `arn:partition:service:region:account:resource`. Region and account may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn(String);

impl Arn {
    /// Checks and takes a text.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let good = parts.len() == 6
            && parts[0] == "arn"
            && !parts[1].is_empty()
            && !parts[2].is_empty()
            && !parts[5].is_empty();
        if good { Ok(Self(text)) } else { Err(NameError { expected: "an ARN", found: text }) }
    }

    /// `arn:PARTITION:iam::ACCOUNT:role/NAME`; `name` may carry a path.
    pub fn role(partition: Partition, account: &AccountId, name: &str) -> Self {
        Self(format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/')))
    }

    fn part(&self, n: usize) -> &str {
        self.0.splitn(6, ':').nth(n).unwrap_or_default()
    }

    /// Third part.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// Fourth part, often empty.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// Fifth part, often empty.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// All after the fifth colon.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Arn {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> String {
        arn.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_keep_their_zeros_and_nothing_else_passes() {
        assert_eq!(AccountId::new("012345678901").map(|a| a.to_string()), Ok("012345678901".to_owned()));
        for bad in ["12345678901", "0123456789012", "01234567890a", ""] {
            assert!(AccountId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn regions_are_known_by_their_form() {
        for good in ["us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "me-central-1", "us-iso-east-1"] {
            assert!(Region::new(good).is_ok(), "{good}");
        }
        for bad in ["us-east", "us_east_1", "US-EAST-1", "us-east-1a", ""] {
            assert!(Region::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Region::new("us-gov-west-1").map(|r| r.partition()), Ok(Partition::UsGov));
    }

    #[test]
    fn arns_come_apart() {
        let arn = Arn::new("arn:aws:lambda:us-east-1:111111111111:function:a:b");
        assert_eq!(
            arn.map(|a| (a.service().to_owned(), a.account().to_owned(), a.resource().to_owned())),
            Ok(("lambda".into(), "111111111111".into(), "function:a:b".into()))
        );
        assert!(Arn::new("arn:aws:s3").is_err());
    }
}
