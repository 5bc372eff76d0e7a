"""Reading what is inside a bidder's files: bills of quantities, and traces of who wrote an anonymous part."""
