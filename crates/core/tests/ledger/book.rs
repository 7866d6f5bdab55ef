//! The page about the format says what is stored.

use promote_core::location::StoreId;

/// A store of each kind that a project can have, in the order of the page.
fn after(store: Option<&StoreId>) -> Option<StoreId> {
    Some(match store {
        None => StoreId::Local,
        Some(StoreId::Local) => StoreId::S3("BUCKET".to_owned()),
        Some(StoreId::S3(_)) => StoreId::Gcs("BUCKET".to_owned()),
        Some(StoreId::Gcs(_)) => StoreId::Image("HOST/REPOSITORY".to_owned()),
        Some(StoreId::Image(_)) => StoreId::Git("BRANCH".to_owned()),
        Some(StoreId::Git(_)) => StoreId::Other { scheme: "scheme".to_owned(), name: "NAME".to_owned() },
        // That one is there for tests alone.
        Some(StoreId::Other { .. } | StoreId::Memory(_)) => return None,
    })
}

#[test]
fn the_book_calls_each_store_as_it_is_stored() {
    let book = include_str!("../../../../docs/reference/ledger-format.md").replace('\n', " ");
    let stores = std::iter::successors(after(None), |store| after(Some(store)));
    let names: Vec<String> = stores
        .map(|store| {
            let stored = serde_json::to_string(&store).unwrap();
            assert_eq!(serde_json::from_str::<StoreId>(&stored).unwrap(), store);
            format!("`{}`", stored.trim_matches('"'))
        })
        .collect();
    let told = format!("has `store` ({})", names.join(", "));
    assert!(book.contains(&told), "the page does not say: {told}");
}
