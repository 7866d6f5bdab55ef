//! Buckets in memory: generations, conditions, versions, listings. Every change is checked and made under one lock, so
//! of many who expect the same one wins.

use super::answer::Answer;
use super::object::{Stored, crc32c, md5};
use super::request::Asked;
use super::uploads::Session;
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A bucket.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) versioned: bool,
    objects: BTreeMap<String, Vec<Stored>>,
}

/// All buckets, and uploads under way.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) buckets: BTreeMap<String, Kept>,
    pub(super) sessions: BTreeMap<String, Session>,
    last: u64,
}

/// What a request demands of an object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conditions {
    generation: Option<u64>,
    not_generation: Option<u64>,
    metageneration: Option<u64>,
    not_metageneration: Option<u64>,
}

/// An object to write.
#[derive(Debug, Clone)]
pub(super) struct New {
    pub(super) bucket: String,
    pub(super) name: String,
    pub(super) described: Map<String, Value>,
    pub(super) content: Bytes,
    pub(super) conditions: Conditions,
}

impl Conditions {
    /// Those of the request: `ifGenerationMatch` and the like, or `ifSourceGenerationMatch` and the like.
    pub(super) fn of(asked: &Asked, source: bool) -> Result<Self, Answer> {
        let read = |rest: &str| {
            let name = if source { format!("ifSource{rest}") } else { format!("if{rest}") };
            match asked.parameter(&name) {
                None => Ok(None),
                Some(text) => match text.parse() {
                    Ok(number) => Ok(Some(number)),
                    Err(_) => Err(Answer::invalid(&format!("Invalid value for {name}: {text}"))),
                },
            }
        };
        Ok(Self {
            generation: read("GenerationMatch")?,
            not_generation: read("GenerationNotMatch")?,
            metageneration: read("MetagenerationMatch")?,
            not_metageneration: read("MetagenerationNotMatch")?,
        })
    }

    /// Whether they hold of what is there; no object has generation 0.
    pub(super) fn hold(self, there: Option<&Stored>) -> bool {
        let generation = there.map_or(0, |object| object.generation);
        let metageneration = there.map_or(0, |object| object.metageneration);
        self.generation.is_none_or(|wanted| wanted == generation)
            && self.not_generation.is_none_or(|unwanted| unwanted != generation)
            && self.metageneration.is_none_or(|wanted| wanted == metageneration)
            && self.not_metageneration.is_none_or(|unwanted| unwanted != metageneration)
    }
}

impl Store {
    pub(super) fn make_bucket(&mut self, name: &str, versioned: bool) {
        self.buckets.entry(name.to_owned()).or_default().versioned = versioned;
    }

    pub(super) fn live(&self, bucket: &str, name: &str) -> Option<&Stored> {
        self.buckets.get(bucket)?.objects.get(name)?.iter().find(|object| object.live)
    }

    /// The live object, or this generation of it.
    pub(super) fn find(&self, bucket: &str, name: &str, generation: Option<u64>) -> Result<&Stored, Answer> {
        let kept = self.buckets.get(bucket).ok_or_else(Answer::no_bucket)?;
        let all = kept.objects.get(name).map_or(&[][..], Vec::as_slice);
        let wanted = |object: &&Stored| match generation {
            None => object.live,
            Some(generation) => object.generation == generation,
        };
        all.iter().find(wanted).ok_or_else(|| Answer::no_object(bucket, name))
    }

    /// A number of microseconds that no object has.
    pub(super) fn next_generation(&mut self) -> u64 {
        let now = u64::try_from(Utc::now().timestamp_micros()).unwrap_or_default();
        self.last = now.max(self.last + 1);
        self.last
    }

    /// Writes an object when its conditions hold and its sums are right.
    pub(super) fn insert(&mut self, new: New, sums: &Value, slow: bool) -> Result<Stored, Answer> {
        let there = self.live(&new.bucket, &new.name);
        if !self.buckets.contains_key(&new.bucket) {
            return Err(Answer::no_bucket());
        }
        for (field, name, sum) in
            [("crc32c", "CRC32C", crc32c(&new.content)), ("md5Hash", "MD5 hash", md5(&new.content))]
        {
            if let Some(given) = sums.get(field).and_then(Value::as_str)
                && given != sum
            {
                return Err(Answer::invalid(&format!(
                    "Provided {name} \"{given}\" doesn't match calculated {name} \"{sum}\"."
                )));
            }
        }
        let own = new.described.get("metadata").and_then(Value::as_object);
        let long = |(name, value): (&String, &Value)| name.len() + value.as_str().map_or(0, str::len);
        if own.is_some_and(|own| own.iter().map(long).sum::<usize>() > 8 << 10) {
            return Err(Answer::invalid("The total size of custom metadata is limited to 8 KiB."));
        }
        if !new.conditions.hold(there) {
            return Err(Answer::condition());
        }
        if slow && there.is_some_and(|there| Utc::now() - there.created < TimeDelta::seconds(1)) {
            let message = format!(
                "The object {}/{} exceeded the rate limit for object mutation operations (create, update, and delete).",
                new.bucket, new.name
            );
            return Err(Answer::error(429, "rateLimitExceeded", &message));
        }
        let object = Stored {
            generation: self.next_generation(),
            metageneration: 1,
            content: new.content,
            described: new.described,
            created: Utc::now(),
            live: true,
        };
        let kept = self.buckets.entry(new.bucket).or_default();
        let versioned = kept.versioned;
        let all = kept.objects.entry(new.name).or_default();
        all.iter_mut().for_each(|old| old.live = false);
        if !versioned {
            all.clear();
        }
        all.push(object.clone());
        Ok(object)
    }

    /// Deletes the live object (a version of it stays where versions are kept), or one generation for good.
    pub(super) fn delete(
        &mut self,
        bucket: &str,
        name: &str,
        generation: Option<u64>,
        conditions: Conditions,
    ) -> Result<(), Answer> {
        let there = self.find(bucket, name, generation)?;
        if !conditions.hold(Some(there)) {
            return Err(Answer::condition());
        }
        let Some(kept) = self.buckets.get_mut(bucket) else { return Ok(()) };
        let versioned = kept.versioned;
        let Some(all) = kept.objects.get_mut(name) else { return Ok(()) };
        match generation {
            Some(generation) => all.retain(|object| object.generation != generation),
            None if versioned => all.iter_mut().for_each(|object| object.live = false),
            None => all.clear(),
        }
        if all.is_empty() {
            kept.objects.remove(name);
        }
        Ok(())
    }

    /// Changes the description of the live object.
    pub(super) fn patch(
        &mut self,
        bucket: &str,
        name: &str,
        change: &Value,
        conditions: Conditions,
    ) -> Result<Stored, Answer> {
        if !conditions.hold(Some(self.find(bucket, name, None)?)) {
            return Err(Answer::condition());
        }
        let all = self.buckets.get_mut(bucket).and_then(|kept| kept.objects.get_mut(name));
        let object = all.and_then(|all| all.iter_mut().find(|object| object.live));
        let object = object.ok_or_else(|| Answer::no_object(bucket, name))?;
        for (field, value) in change.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(object.described.remove(field)),
                _ if super::object::FIELDS.contains(&field.as_str()) => {
                    object.described.insert(field.clone(), value.clone());
                }
                _ => {}
            }
        }
        object.metageneration += 1;
        Ok(object.clone())
    }

    /// The objects from `from` on that begin with `prefix`, in the order of their bytes; live ones, or all generations.
    pub(super) fn range<'s>(
        &'s self,
        bucket: &str,
        prefix: &'s str,
        from: &str,
        all: bool,
    ) -> Result<impl Iterator<Item = (&'s String, &'s Stored)>, Answer> {
        let kept = self.buckets.get(bucket).ok_or_else(Answer::no_bucket)?;
        let begin = from.max(prefix).to_owned();
        let range = kept.objects.range::<str, _>((Bound::Included(begin.as_str()), Bound::Unbounded));
        Ok(range
            .take_while(move |(name, _)| name.starts_with(prefix))
            .flat_map(|(name, versions)| versions.iter().map(move |object| (name, object)))
            .filter(move |(_, object)| all || object.live))
    }

    pub(super) fn everything(&self, bucket: &str) -> Vec<String> {
        let all = self.range(bucket, "", "", true).into_iter().flatten();
        all.map(|(name, object)| {
            format!("{name}#{}{}", object.generation, if object.live { "*" } else { "" })
        })
        .collect()
    }
}
