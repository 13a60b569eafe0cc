-- name: last_publication
select * from publication where site = :site order by version desc limit 1

-- name: any_publication
select * from publication order by at desc limit 1

-- name: publication_by_version
select * from publication where site = :site and version = :version

-- name: publications
select site, version, author, comment, at, wall, files from publication where site = :site order by version desc limit 100

-- name: document_by_sha
select sha from document where site = :site and sha = :sha

-- name: documents
select * from document where site = :site

-- name: document_body
select body from document where site = :site and sha = :sha
