//! What a number is called by the word before it: shops write numbers of orders that look like those of cards and phones.

/// Words, small and without separators, behind which a number in one piece belongs to a shop and not to a person.
const SHOPS: &[&[u8]] = &[
    b"order",
    b"orderid",
    b"orderno",
    b"ordernumber",
    b"ordersn",
    b"tid",
    b"oid",
    b"trade",
    b"tradeno",
    b"tradeid",
    b"transactionid",
    b"sku",
    b"skuid",
    b"spu",
    b"ean",
    b"gtin",
    b"upc",
    b"isbn",
    b"barcode",
    b"article",
    b"item",
    b"itemid",
    b"product",
    b"productid",
    b"tracking",
    b"trackingno",
    b"trackingnumber",
    b"waybill",
    b"waybillno",
    b"parcel",
    b"shipment",
    b"shipmentid",
    b"invoice",
    b"invoiceno",
    b"refund",
    b"refundid",
    b"serial",
    b"batch",
    b"lot",
    b"ts",
    b"timestamp",
    b"epoch",
    b"offset",
    b"seq",
    b"sequence",
    b"version",
    b"build",
];
/// The same in Chinese: order, order number, tracking number, article number, batch number.
const CHINESE: &[&str] = &["订单", "订单号", "单号", "编号", "货号", "批号", "流水号"];
/// Longest word that is looked at.
const LONGEST: usize = 32;

/// Tells whether the text before a number says that it is a shop's own.
pub(super) fn is_shops(before: &[u8]) -> bool {
    let mut head = before;
    while let [rest @ .., b' ' | b':' | b'=' | b'#' | b'"' | b'\'' | b'\\' | b'('] = head {
        head = rest;
    }
    // A colon of Chinese texts.
    let head = head.strip_suffix("：".as_bytes()).unwrap_or(head);
    if CHINESE.iter().any(|word| head.ends_with(word.as_bytes())) {
        return true;
    }
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = head.iter().rev().take(LONGEST + 1).take_while(is_word).count();
    let word = head.get(head.len() - length..).unwrap_or_default();
    // `refund.order_id` is an order's.
    let word = word.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let mut small = [0; LONGEST];
    let mut count = 0;
    for byte in word.iter().filter(|byte| !matches!(byte, b'_' | b'-')) {
        let Some(place) = small.get_mut(count) else { return false };
        *place = byte.to_ascii_lowercase();
        count += 1;
    }
    small.get(..count).is_some_and(|small| SHOPS.contains(&small))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_shop_is_known_by_the_word_before_it() {
        for text in [
            "order ",
            "order #",
            "\"order_no\": \"",
            "Tracking-No=",
            "订单号：",
            "订单 ",
            "refund.tid:",
        ] {
            assert!(is_shops(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn other_words_say_nothing() {
        for text in ["", "card ", "paid with ", "reorderx ", "phone=", "no ", "付款 "] {
            assert!(!is_shops(text.as_bytes()), "{text}");
        }
    }
}
