//! Files written down byte by byte: the form of `tests/verify/*.hex`, which `tests/verify/a_readme.hex` explains.

/// Makes the bytes that a recipe describes.
///
/// # Errors
/// The first word that is not understood.
pub fn bake(recipe: &str) -> Result<Vec<u8>, String> {
    let words = words(recipe)?;
    let mut bytes = vec![];
    let mut rest = &words[..];
    while !rest.is_empty() {
        rest = step(rest, &mut bytes)?;
    }
    Ok(bytes)
}

/// Splits into words; a string is one, and so is a brace. Comments begin with `;`.
fn words(recipe: &str) -> Result<Vec<String>, String> {
    let mut words = vec![];
    let mut chars = recipe.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            ';' => while chars.next_if(|&c| c != '\n').is_some() {},
            '{' | '}' => words.extend(chars.next().map(String::from)),
            '"' => {
                let mut word = String::from(chars.next().unwrap_or('"'));
                while let Some(c) = chars.next_if(|&c| c != '"') {
                    word.push(c);
                }
                chars.next().ok_or("a string has no end")?;
                words.push(word);
            }
            _ if c.is_whitespace() => drop(chars.next()),
            _ => {
                let mut word = String::new();
                while let Some(c) = chars.next_if(|&c| !c.is_whitespace() && !"{};\"".contains(c)) {
                    word.push(c);
                }
                words.push(word);
            }
        }
    }
    Ok(words)
}

/// Does what the first words say; gives the others.
fn step<'w>(words: &'w [String], bytes: &mut Vec<u8>) -> Result<&'w [String], String> {
    let (word, rest) = words.split_first().ok_or("nothing left")?;
    if let Some(text) = word.strip_prefix('"') {
        bytes.extend(text.as_bytes());
        return Ok(rest);
    }
    match word.as_str() {
        "section" => {
            let (tag, rest) = rest.split_first().ok_or("a section without a tag")?;
            let (payload, rest) = block(rest)?;
            section(bytes, tag, 0, &payload)?;
            Ok(rest)
        }
        "packed" => {
            let [tag, len, rest @ ..] = rest else { return Err("a packed section without tag and length".into()) };
            let (payload, rest) = block(rest)?;
            section(bytes, tag, number(len)? as u32, &payload)?;
            Ok(rest)
        }
        "repeat" => {
            let (times, rest) = rest.split_first().ok_or("`repeat` without a number")?;
            let (payload, rest) = block(rest)?;
            bytes.extend(payload.repeat(number(times)? as usize));
            Ok(rest)
        }
        "counted" => {
            let (payload, rest) = block(rest)?;
            leb(bytes, payload.len() as u64);
            bytes.extend(payload);
            Ok(rest)
        }
        "crc" => {
            let checksum = crc32fast::hash(bytes.get(6..).unwrap_or_default());
            section(bytes, "CRCC", 0, &checksum.to_le_bytes())?;
            Ok(rest)
        }
        _ => {
            simple(word, bytes)?;
            Ok(rest)
        }
    }
}

fn simple(word: &str, bytes: &mut Vec<u8>) -> Result<(), String> {
    match word.split_once(':') {
        Some(("u16", n)) => bytes.extend((number(n)? as u16).to_le_bytes()),
        Some(("u32", n)) => bytes.extend((number(n)? as u32).to_le_bytes()),
        Some(("leb", n)) => leb(bytes, number(n)?),
        _ if word.len() == 2 => bytes.push(u8::from_str_radix(word, 16).map_err(|_| format!("`{word}`?"))?),
        _ => return Err(format!("`{word}`?")),
    }
    Ok(())
}

fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("`{word}` is not a number"))
}

fn leb(bytes: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

/// The bytes of what stands in braces.
fn block(words: &[String]) -> Result<(Vec<u8>, &[String]), String> {
    let Some(("{", mut rest)) = words.split_first().map(|(word, rest)| (word.as_str(), rest)) else {
        return Err("`{` is missing".into());
    };
    let mut bytes = vec![];
    loop {
        match rest.split_first() {
            Some((word, after)) if word == "}" => return Ok((bytes, after)),
            Some(_) => rest = step(rest, &mut bytes)?,
            None => return Err("`}` is missing".into()),
        }
    }
}

fn section(bytes: &mut Vec<u8>, tag: &str, inflated: u32, payload: &[u8]) -> Result<(), String> {
    if tag.len() != 4 {
        return Err(format!("`{tag}` is not a tag"));
    }
    bytes.extend(tag.as_bytes());
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(inflated.to_le_bytes());
    bytes.extend(payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_followed() {
        assert_eq!(bake("41 \"b{;\" ; comment\nu16:258 leb:300"), Ok(b"Ab{;\x02\x01\xac\x02".to_vec()));
        assert_eq!(bake("section TYPE { repeat 3 { ff } }"), Ok(b"TYPE\x03\0\0\0\0\0\0\0\xff\xff\xff".to_vec()));
        assert_eq!(bake("packed INTS 9 { 00 }"), Ok(b"INTS\x01\0\0\0\x09\0\0\0\0".to_vec()));
        assert_eq!(bake("counted { \"main\" }"), Ok(b"\x04main".to_vec()));
        assert!(bake("section TYPE { ").is_err());
        assert!(bake("zz").is_err());
    }
}
