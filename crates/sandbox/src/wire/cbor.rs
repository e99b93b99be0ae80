//! CBOR (RFC 8949) as Smithy's RPC v2 protocol uses it, between bytes and JSON trees.
//!
//! A time is written as `{"$time": seconds}` in a tree and as tag 1 on the wire; when read it becomes a number of seconds.

use serde_json::{Map, Number, Value};

/// The tree's key that marks a time.
pub const TIME: &str = "$time";

/// Writes a tree. Null members of structures are left out.
pub fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(b) => out.push(if *b { 0xf5 } else { 0xf4 }),
        Value::Number(n) => write_number(out, n),
        Value::String(text) => {
            write_head(out, 3, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            write_head(out, 4, items.len() as u64);
            items.iter().for_each(|item| write(out, item));
        }
        Value::Object(map) => match map.get(TIME) {
            Some(seconds) => {
                out.push(0xc1);
                write_float(out, seconds.as_f64().unwrap_or_default());
            }
            None => {
                let present: Vec<_> = map.iter().filter(|(_, v)| !v.is_null()).collect();
                write_head(out, 5, present.len() as u64);
                for (key, value) in present {
                    write(out, &Value::String(key.clone()));
                    write(out, value);
                }
            }
        },
    }
}

fn write_number(out: &mut Vec<u8>, n: &Number) {
    if let Some(n) = n.as_u64() {
        write_head(out, 0, n);
    } else if let Some(n) = n.as_i64() {
        write_head(out, 1, n.unsigned_abs() - 1);
    } else {
        write_float(out, n.as_f64().unwrap_or_default());
    }
}

fn write_float(out: &mut Vec<u8>, n: f64) {
    out.push(0xfb);
    out.extend_from_slice(&n.to_be_bytes());
}

fn write_head(out: &mut Vec<u8>, major: u8, n: u64) {
    let major = major << 5;
    match n {
        0..=23 => out.push(major | n as u8),
        24..=0xff => out.extend_from_slice(&[major | 24, n as u8]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&(n as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&n.to_be_bytes());
        }
    }
}

/// Reads one item that fills the bytes; nothing if they are not that.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { bytes, at: 0 };
    let value = reader.item(0)?;
    (reader.at == bytes.len()).then_some(value)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

const BREAK: u8 = 0xff;

impl Reader<'_> {
    fn take(&mut self, n: usize) -> Option<&[u8]> {
        let part = self.bytes.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(part)
    }

    /// The argument of a head, or nothing for an indefinite length.
    fn argument(&mut self, info: u8) -> Option<Option<u64>> {
        let width = match info {
            0..=23 => return Some(Some(u64::from(info))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => return Some(None),
            _ => return None,
        };
        Some(Some(self.take(width)?.iter().fold(0, |n, b| n << 8 | u64::from(*b))))
    }

    fn at_break(&mut self) -> bool {
        let found = self.bytes.get(self.at) == Some(&BREAK);
        self.at += usize::from(found);
        found
    }

    fn item(&mut self, depth: usize) -> Option<Value> {
        if depth > 64 {
            return None;
        }
        let head = *self.take(1)?.first()?;
        let (major, info) = (head >> 5, head & 31);
        if major == 7 {
            return self.simple(info);
        }
        let argument = self.argument(info)?;
        match major {
            0 => Some(argument?.into()),
            1 => Some(i64::try_from(argument?).ok().map_or(Value::Null, |n| (-1 - n).into())),
            2 | 3 => self.text(argument, depth),
            4 => self.list(argument, depth),
            5 => self.map(argument, depth),
            _ => self.item(depth + 1),
        }
    }

    fn text(&mut self, length: Option<u64>, depth: usize) -> Option<Value> {
        if let Some(length) = length {
            let bytes = self.take(usize::try_from(length).ok()?)?;
            return Some(Value::String(String::from_utf8_lossy(bytes).into_owned()));
        }
        let mut text = String::new();
        while !self.at_break() {
            text.push_str(self.item(depth + 1)?.as_str()?);
        }
        Some(Value::String(text))
    }

    fn list(&mut self, length: Option<u64>, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        while length.map_or_else(|| !self.at_break(), |n| (items.len() as u64) < n) {
            items.push(self.item(depth + 1)?);
        }
        Some(Value::Array(items))
    }

    fn map(&mut self, length: Option<u64>, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        let mut count = 0;
        while length.map_or_else(|| !self.at_break(), |n| count < n) {
            let key = self.item(depth + 1)?.as_str()?.to_owned();
            map.insert(key, self.item(depth + 1)?);
            count += 1;
        }
        Some(Value::Object(map))
    }

    fn simple(&mut self, info: u8) -> Option<Value> {
        let number = |n: f64| Some(Number::from_f64(n).map_or(Value::Null, Value::Number));
        match info {
            20 => Some(Value::Bool(false)),
            21 => Some(Value::Bool(true)),
            22 | 23 => Some(Value::Null),
            25 => number(half(u16::from_be_bytes(self.take(2)?.try_into().ok()?))),
            26 => number(f64::from(f32::from_be_bytes(self.take(4)?.try_into().ok()?))),
            27 => number(f64::from_be_bytes(self.take(8)?.try_into().ok()?)),
            _ => None,
        }
    }
}

/// A half-precision number, RFC 8949 appendix D.
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back() {
        let tree = json!({"Names": ["a", "b"], "N": [0, 23, 24, 255, 256, 70000, 5_000_000_000u64, -1, -500], "F": 1.5, "T": true});
        let mut bytes = Vec::new();
        write(&mut bytes, &tree);
        assert_eq!(read(&bytes), Some(tree));
    }

    #[test]
    fn indefinite_lengths_and_tags_are_read() {
        // {_ "A": [_ 1, (_ "b", "c")], "t": 1(1.5)}
        let bytes = hex::decode("bf61419f017f61626163ffff6174c1f93e00ff").unwrap();
        assert_eq!(read(&bytes), Some(json!({"A": [1, "bc"], "t": 1.5})));
    }

    #[test]
    fn broken_bytes_are_refused_without_a_panic() {
        for bytes in [
            &b""[..],
            b"\xbf",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x00\x00",
        ] {
            assert_eq!(read(bytes), None);
        }
        assert_eq!(read(&[0x81; 100_000]), None);
    }
}
