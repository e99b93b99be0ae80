//! Checksums of objects and parts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256};

/// The algorithms whose values are checked here. Others are stored as they are given.
pub(super) const KNOWN: [&str; 4] = ["crc64nvme", "crc32", "crc32c", "sha256"];

/// The checksum of bytes in base64; nothing for an algorithm that is not computed here.
pub(super) fn of(algorithm: &str, bytes: &[u8]) -> Option<String> {
    let raw = match algorithm {
        "crc32" => crc(0xEDB8_8320, 32, bytes).to_be_bytes()[4..].to_vec(),
        "crc32c" => crc(0x82F6_3B78, 32, bytes).to_be_bytes()[4..].to_vec(),
        "crc64nvme" => crc(0x9A6C_9329_AC4B_C9B5, 64, bytes).to_be_bytes().to_vec(),
        "sha256" => Sha256::digest(bytes).to_vec(),
        _ => return None,
    };
    Some(STANDARD.encode(raw))
}

/// The checksum of an object whose parts have these checksums: that of the parts' raw values one after the other, and
/// the number of parts.
pub(super) fn composite(algorithm: &str, parts: &[String]) -> Option<String> {
    let raw: Vec<u8> = parts.iter().filter_map(|part| STANDARD.decode(part).ok()).flatten().collect();
    Some(format!("{}-{}", of(algorithm, &raw)?, parts.len()))
}

/// The MD5 of bytes in hexadecimal, the ETag of an object that was written at once.
pub(super) fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// The MD5 of bytes in base64, as `Content-MD5` carries it.
pub(super) fn md5_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Md5::digest(bytes))
}

/// A reflected CRC with all bits set before and flipped after.
fn crc(polynomial: u64, width: u32, bytes: &[u8]) -> u64 {
    let table: [u64; 256] = std::array::from_fn(|n| {
        (0..8).fold(n as u64, |value, _| if value & 1 == 1 { value >> 1 ^ polynomial } else { value >> 1 })
    });
    let ones = u64::MAX >> (64 - width);
    bytes.iter().fold(ones, |value, byte| table[usize::from(value as u8 ^ byte)] ^ value >> 8) ^ ones
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn check_values_of_the_catalogue_of_crcs() {
        let hex = |algorithm: &str| hex::encode(STANDARD.decode(of(algorithm, b"123456789").unwrap()).unwrap());
        assert_eq!(hex("crc32"), "cbf43926");
        assert_eq!(hex("crc32c"), "e3069283");
        assert_eq!(hex("crc64nvme"), "ae8b14860a799888");
        assert_eq!(md5_hex(b""), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
