//! The right that a refusal of AWS names: a copy needs several, and the one of the request may be there.

/// The right that AWS says is missing, and on what: `… is not authorized to perform: s3:PutObjectTagging on resource:
/// "arn:aws:s3:::bucket/key" because …`. Only what looks like one is taken from foreign words.
pub(crate) fn named(said: &str) -> Option<(&str, Option<&str>)> {
    let rest = said.split_once("not authorized to perform: ")?.1;
    let right = rest.split_whitespace().next()?;
    let action = right.strip_prefix("s3:")?;
    if action.is_empty() || !action.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let place = rest.split_once("on resource: ").and_then(|(_, place)| {
        let quoted = place.strip_prefix('"').and_then(|place| place.split('"').next());
        quoted.or_else(|| place.split_whitespace().next())
    });
    let plain = |place: &&str| place.starts_with("arn:aws") && place.bytes().all(|b| b.is_ascii_graphic());
    Some((right, place.filter(plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_is_the_one_that_the_answer_names() {
        let arn = "arn:aws:s3:::acme-releases/app.zip";
        for (said, expected) in [
            (
                "User: arn:aws:iam::1:role/ci is not authorized to perform: s3:PutObjectTagging on resource: \"arn:aws:s3:::acme-releases/app.zip\" because no identity-based policy allows it",
                Some(("s3:PutObjectTagging", Some(arn))),
            ),
            ("x is not authorized to perform: s3:GetObject", Some(("s3:GetObject", None))),
            (
                "x is not authorized to perform: s3:GetObject on resource: nowhere",
                Some(("s3:GetObject", None)),
            ),
            ("x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x", None),
            ("x is not authorized to perform: s3:\u{1b}[2J on resource: y", None),
            ("Access Denied", None),
        ] {
            assert_eq!(named(said), expected, "{said}");
        }
    }
}
