BEGIN TRANSACTION;
CREATE TABLE audit (
	number INTEGER NOT NULL, 
	record TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE headcount_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT headcount_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "headcount_schema" VALUES('0004');
CREATE TABLE roster_changes (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	xid INTEGER DEFAULT 0 NOT NULL, 
	connection VARCHAR(120) NOT NULL, 
	version INTEGER NOT NULL, 
	subject VARCHAR(20) NOT NULL, 
	id TEXT NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	fields TEXT, 
	record TEXT, 
	state TEXT, 
	changed_before VARCHAR(40), 
	valid_at VARCHAR(40) NOT NULL, 
	recorded_at VARCHAR(40) NOT NULL, 
	run VARCHAR(36) NOT NULL, 
	cause VARCHAR(20) NOT NULL
);
INSERT INTO "roster_changes" VALUES(1,0,'acme',1,'employee','07d4bedc-5143-4193-a6c3-f3391a2b8f1f','added',NULL,'{"id":"07d4bedc-5143-4193-a6c3-f3391a2b8f1f","status":{"value":"pending","source":"pending"},"given_name":"Omar","family_name":"Silva","job_title":"Analyst","start_date":"2027-03-30","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","39045088-4e2b-50e7-9eb2-a574640c4c72","53d644e8-2ffb-5cad-9652-0a5a50630bcd"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(2,0,'acme',1,'employee','154ed512-1209-4d26-ac51-2b01f18dd1ee','added',NULL,'{"id":"154ed512-1209-4d26-ac51-2b01f18dd1ee","status":{"value":"active","source":"active"},"given_name":"Quentin","family_name":"Brandt","job_title":"Engineer","start_date":"2017-06-23","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["24767842-5947-5ef6-96f0-97a2bcb69492","70fd3f48-2925-5e3c-91a9-4ae43502f5aa","a872808d-7548-54d7-987d-8b8eabdef182","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(3,0,'acme',1,'employee','414c343c-1027-44d1-8386-bbc4cd613e30','added',NULL,'{"id":"414c343c-1027-44d1-8386-bbc4cd613e30","status":{"value":"active","source":"active"},"given_name":"Imani","family_name":"Silva","job_title":"Engineer","start_date":"2017-05-30","group_ids":["83456538-7cf1-5384-bdd9-c0f32c2866a8","9783e21b-e315-5d80-ab58-007a7876f56d","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(4,0,'acme',1,'employee','526eb523-b3df-44a4-b467-537a4b63e0ef','added',NULL,'{"id":"526eb523-b3df-44a4-b467-537a4b63e0ef","status":{"value":"active","source":"active"},"given_name":"Rosa","family_name":"Ueda","job_title":"Engineer","start_date":"2018-12-08","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["2b63f360-540b-5d37-8be9-96fa39ee99ef","3c550c4a-f055-5147-a88e-bcafacb41f02","452dd1ec-04db-534f-bd8c-35833bccc529","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(5,0,'acme',1,'employee','5eda92d8-64ac-4db9-9707-107e855c3844','added',NULL,'{"id":"5eda92d8-64ac-4db9-9707-107e855c3844","status":{"value":"inactive","source":"inactive"},"given_name":"Grace","family_name":"Yilmaz","job_title":"Specialist","start_date":"2025-01-29","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","452dd1ec-04db-534f-bd8c-35833bccc529","a872808d-7548-54d7-987d-8b8eabdef182","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(6,0,'acme',1,'employee','69d495dd-8135-4c53-b0e6-42f43328ad08','added',NULL,'{"id":"69d495dd-8135-4c53-b0e6-42f43328ad08","status":{"value":"active","source":"active"},"given_name":"Xavier","family_name":"Silva","job_title":"Director","start_date":"2020-09-12","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","443c4b75-e723-57b6-b448-e5050443144d","9783e21b-e315-5d80-ab58-007a7876f56d","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(7,0,'acme',1,'employee','721754ef-2904-4cec-b5bb-9188b80599e9','added',NULL,'{"id":"721754ef-2904-4cec-b5bb-9188b80599e9","status":{"value":"active","source":"active"},"given_name":"Imani","family_name":"Silva","job_title":"Manager","start_date":"2026-07-09","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["343baaf1-1bd1-55a0-aead-6445f460fcb5","39045088-4e2b-50e7-9eb2-a574640c4c72","8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","9b66edae-d2f5-52de-ab38-178293c92ac2"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(8,0,'acme',1,'employee','75a89294-c2cd-489a-b802-08a9ad45f23d','added',NULL,'{"id":"75a89294-c2cd-489a-b802-08a9ad45f23d","status":{"value":"active","source":"active"},"given_name":"Omar","family_name":"Larsen","job_title":"Analyst","start_date":"2027-04-09","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","39045088-4e2b-50e7-9eb2-a574640c4c72","443c4b75-e723-57b6-b448-e5050443144d","9783e21b-e315-5d80-ab58-007a7876f56d"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(9,0,'acme',1,'employee','d8f33418-f3d4-4711-9804-f92283868a29','added',NULL,'{"id":"d8f33418-f3d4-4711-9804-f92283868a29","status":{"value":"active","source":"active"},"given_name":"Jana","family_name":"Haddad","job_title":"Engineer","start_date":"2026-12-10","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["343baaf1-1bd1-55a0-aead-6445f460fcb5","39045088-4e2b-50e7-9eb2-a574640c4c72","93948f4a-19c6-54bf-be9b-c8e2ee20f685"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(10,0,'acme',1,'employee','da711448-96c8-4a19-a4b2-d2bc815a47c5','added',NULL,'{"id":"da711448-96c8-4a19-a4b2-d2bc815a47c5","status":{"value":"active","source":"active"},"given_name":"Fatou","family_name":"Bianchi","job_title":"Engineer","start_date":"2016-05-13","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["24767842-5947-5ef6-96f0-97a2bcb69492","39045088-4e2b-50e7-9eb2-a574640c4c72","83456538-7cf1-5384-bdd9-c0f32c2866a8","9b66edae-d2f5-52de-ab38-178293c92ac2"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(11,0,'acme',1,'employee','e585552f-ac95-4ab5-92c9-357d34accd78','added',NULL,'{"id":"e585552f-ac95-4ab5-92c9-357d34accd78","status":{"value":"active","source":"active"},"given_name":"Zoë-Ŋuŋ","family_name":"Đặng‐Łukasiewicz 𝒳","job_title":"Manager","start_date":"2025-10-21","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","9b66edae-d2f5-52de-ab38-178293c92ac2","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(12,0,'acme',1,'employee','eacc110e-4f73-4d94-9391-f9b9dbc799b0','added',NULL,'{"id":"eacc110e-4f73-4d94-9391-f9b9dbc799b0","status":{"value":"active","source":"active"},"given_name":"Dmitri","family_name":"Jansen","job_title":"Specialist","start_date":"2026-02-14","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["343baaf1-1bd1-55a0-aead-6445f460fcb5","8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","9b66edae-d2f5-52de-ab38-178293c92ac2","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','baseline');
INSERT INTO "roster_changes" VALUES(13,0,'acme',1,'group','9783e21b-e315-5d80-ab58-007a7876f56d','added',NULL,'{"id":"9783e21b-e315-5d80-ab58-007a7876f56d","name":"Marketing","type":{"value":"department","source":"Departments"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(14,0,'acme',1,'group','53d644e8-2ffb-5cad-9652-0a5a50630bcd','added',NULL,'{"id":"53d644e8-2ffb-5cad-9652-0a5a50630bcd","name":"Sales","type":{"value":"department","source":"Departments"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(15,0,'acme',1,'group','9b66edae-d2f5-52de-ab38-178293c92ac2','added',NULL,'{"id":"9b66edae-d2f5-52de-ab38-178293c92ac2","name":"Finance","type":{"value":"department","source":"Departments"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(16,0,'acme',1,'group','d8d399ab-6b95-5ea8-b677-0e4f00b29435','added',NULL,'{"id":"d8d399ab-6b95-5ea8-b677-0e4f00b29435","name":"Engineering","type":{"value":"department","source":"Departments"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(17,0,'acme',1,'group','93948f4a-19c6-54bf-be9b-c8e2ee20f685','added',NULL,'{"id":"93948f4a-19c6-54bf-be9b-c8e2ee20f685","name":"Human Resources","type":{"value":"department","source":"Departments"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(18,0,'acme',1,'group','a872808d-7548-54d7-987d-8b8eabdef182','added',NULL,'{"id":"a872808d-7548-54d7-987d-8b8eabdef182","name":"Europe","type":{"value":"division","source":"Divisions"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(19,0,'acme',1,'group','39045088-4e2b-50e7-9eb2-a574640c4c72','added',NULL,'{"id":"39045088-4e2b-50e7-9eb2-a574640c4c72","name":"Asia-Pacific","type":{"value":"division","source":"Divisions"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(20,0,'acme',1,'group','3c550c4a-f055-5147-a88e-bcafacb41f02','added',NULL,'{"id":"3c550c4a-f055-5147-a88e-bcafacb41f02","name":"North America","type":{"value":"division","source":"Divisions"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(21,0,'acme',1,'group','83456538-7cf1-5384-bdd9-c0f32c2866a8','added',NULL,'{"id":"83456538-7cf1-5384-bdd9-c0f32c2866a8","name":"Remote","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"Remote","region":"MA","postal_code":"00000","country":"US"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(22,0,'acme',1,'group','1a7d9055-8256-584d-b6c2-a01857b44cf6','added',NULL,'{"id":"1a7d9055-8256-584d-b6c2-a01857b44cf6","name":"Berlin","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"Berlin","region":"MA","postal_code":"00000","country":"US"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(23,0,'acme',1,'group','343baaf1-1bd1-55a0-aead-6445f460fcb5','added',NULL,'{"id":"343baaf1-1bd1-55a0-aead-6445f460fcb5","name":"Tokyo","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"Tokyo","region":"MA","postal_code":"00000","country":"US"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(24,0,'acme',1,'group','70fd3f48-2925-5e3c-91a9-4ae43502f5aa','added',NULL,'{"id":"70fd3f48-2925-5e3c-91a9-4ae43502f5aa","name":"London","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"London","region":"MA","postal_code":"00000","country":"US"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(25,0,'acme',1,'group','2b63f360-540b-5d37-8be9-96fa39ee99ef','added',NULL,'{"id":"2b63f360-540b-5d37-8be9-96fa39ee99ef","name":"New York","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"New York","region":"MA","postal_code":"00000","country":"US"}}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(26,0,'acme',1,'group','8bf7aed8-6a79-5079-ac5f-7dc38bc339f4','added',NULL,'{"id":"8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","name":"Blue","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(27,0,'acme',1,'group','24767842-5947-5ef6-96f0-97a2bcb69492','added',NULL,'{"id":"24767842-5947-5ef6-96f0-97a2bcb69492","name":"Green","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(28,0,'acme',1,'group','443c4b75-e723-57b6-b448-e5050443144d','added',NULL,'{"id":"443c4b75-e723-57b6-b448-e5050443144d","name":"Orange","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(29,0,'acme',1,'group','452dd1ec-04db-534f-bd8c-35833bccc529','added',NULL,'{"id":"452dd1ec-04db-534f-bd8c-35833bccc529","name":"Red","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}',NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','3983c07b-999a-41ca-a9a8-fb0a70f67354','sync');
INSERT INTO "roster_changes" VALUES(30,0,'acme',2,'employee','d8f33418-f3d4-4711-9804-f92283868a29','changed','{"job_title":["Engineer","Fellow"]}',NULL,'["employed","employed"]','2027-03-10T12:00:00+00:00','2027-03-10T15:00:00+00:00','2027-03-10T15:00:00+00:00','f102d506-9e9b-4e71-ab32-be0dce68b396','sync');
CREATE TABLE roster_connections (
	name VARCHAR(120) NOT NULL, 
	vendor VARCHAR(100) NOT NULL, 
	address TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	cursor VARCHAR(40), 
	newest VARCHAR(40), 
	baseline_at VARCHAR(40), 
	synced_at VARCHAR(40), 
	full_at VARCHAR(40), 
	history_since VARCHAR(40), 
	day VARCHAR(10), 
	who VARCHAR(20), 
	looked_on VARCHAR(10), 
	timezone VARCHAR(64), 
	policy VARCHAR(64), 
	reads VARCHAR(64), 
	coverage TEXT NOT NULL, 
	definitions TEXT NOT NULL, 
	reasons TEXT NOT NULL, 
	owner TEXT, 
	credential VARCHAR(64), 
	credential_since VARCHAR(40), 
	schedule TEXT, 
	holder TEXT, 
	held_until VARCHAR(40), 
	PRIMARY KEY (name)
);
INSERT INTO "roster_connections" VALUES('acme','namely','http://127.0.0.1:41827/api/v1',2,'2027-03-10T14:58:00+00:00','2027-03-10T15:00:00+00:00','2027-03-10T12:00:00+00:00','2027-03-10T15:00:00+00:00','2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2027-03-10','everyone','2027-03-10','UTC','49e472bf5e7e82d56c880656bdfb4d67','f34d06423241902991a7eac3bb929ee4','{"id":12,"status":12,"given_name":12,"family_name":12,"job_title":12,"start_date":12,"group_ids":12,"manager_id":11}','{}','[{"original_hire_date":"redacted","termination_type":"redacted","timezone":"redacted","demographics":"redacted","compensation":"redacted","company_id":"redacted","created_at":"redacted","employee_number":"redacted","home_phone":"redacted","middle_name":"redacted","mobile_phone":"redacted","personal_email":"redacted","photo_url":"redacted","preferred_name":"redacted","record_url":"redacted","termination_date":"redacted","termination_reason":"redacted","time_type":"redacted","updated_at":"redacted","work_email":"redacted","work_location_id":"redacted","work_phone":"redacted","worker_type":"redacted"}]','{"id":"414c343c-1027-44d1-8386-bbc4cd613e30","name":"Imani Silva","work_email":"imani.silva.1@example.com","role":"Administrator","expires":"a personal token two years after it was made (Namely''s documentation; one guide says never), and at once when its owner becomes inactive; the API does not tell when it was made"}','ab737ad00fcfff135866c8472b1da07cd2135de601d19ea9879c3832006c0ae7','2027-03-10T12:00:00+00:00',NULL,NULL,NULL);
CREATE TABLE roster_consumers (
	name VARCHAR(120) NOT NULL, 
	filter TEXT NOT NULL, 
	position VARCHAR(60), 
	moved_at VARCHAR(40) NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE roster_employees (
	connection VARCHAR(120) NOT NULL, 
	id TEXT NOT NULL, 
	record TEXT NOT NULL, 
	raw TEXT, 
	hash VARCHAR(32) NOT NULL, 
	reasons INTEGER NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	starts VARCHAR(10), 
	ends VARCHAR(10), 
	turns_on VARCHAR(10), 
	left_before BOOLEAN NOT NULL, 
	manager_id TEXT, 
	groups TEXT, 
	in_scope BOOLEAN NOT NULL, 
	missing INTEGER NOT NULL, 
	deleted_at VARCHAR(40), 
	basis VARCHAR(40), 
	first_at VARCHAR(40) NOT NULL, 
	changed_at VARCHAR(40) NOT NULL, 
	updated_at VARCHAR(40), 
	PRIMARY KEY (connection, id)
);
INSERT INTO "roster_employees" VALUES('acme','07d4bedc-5143-4193-a6c3-f3391a2b8f1f','{"id":"07d4bedc-5143-4193-a6c3-f3391a2b8f1f","status":{"value":"pending","source":"pending"},"given_name":"Omar","family_name":"Silva","job_title":"Analyst","start_date":"2027-03-30","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","39045088-4e2b-50e7-9eb2-a574640c4c72","53d644e8-2ffb-5cad-9652-0a5a50630bcd"]}',NULL,'0548dc5f47d0ef0e6c2437f572e124e8',0,'pending','pre_start','2027-03-30',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["1a7d9055-8256-584d-b6c2-a01857b44cf6","39045088-4e2b-50e7-9eb2-a574640c4c72","53d644e8-2ffb-5cad-9652-0a5a50630bcd"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2017-11-19T04:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','154ed512-1209-4d26-ac51-2b01f18dd1ee','{"id":"154ed512-1209-4d26-ac51-2b01f18dd1ee","status":{"value":"active","source":"active"},"given_name":"Quentin","family_name":"Brandt","job_title":"Engineer","start_date":"2017-06-23","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["24767842-5947-5ef6-96f0-97a2bcb69492","70fd3f48-2925-5e3c-91a9-4ae43502f5aa","a872808d-7548-54d7-987d-8b8eabdef182","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]}',NULL,'f13e2438c4d9f0cfafb30b2f14b34bd0',0,'active','employed','2017-06-23',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["24767842-5947-5ef6-96f0-97a2bcb69492","70fd3f48-2925-5e3c-91a9-4ae43502f5aa","a872808d-7548-54d7-987d-8b8eabdef182","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2023-05-19T04:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','414c343c-1027-44d1-8386-bbc4cd613e30','{"id":"414c343c-1027-44d1-8386-bbc4cd613e30","status":{"value":"active","source":"active"},"given_name":"Imani","family_name":"Silva","job_title":"Engineer","start_date":"2017-05-30","group_ids":["83456538-7cf1-5384-bdd9-c0f32c2866a8","9783e21b-e315-5d80-ab58-007a7876f56d","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,'e50a8bafebe52f130a3c07c009ef3f54',0,'active','employed','2017-05-30',NULL,NULL,0,NULL,'["83456538-7cf1-5384-bdd9-c0f32c2866a8","9783e21b-e315-5d80-ab58-007a7876f56d","a872808d-7548-54d7-987d-8b8eabdef182"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2016-12-31T20:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','526eb523-b3df-44a4-b467-537a4b63e0ef','{"id":"526eb523-b3df-44a4-b467-537a4b63e0ef","status":{"value":"active","source":"active"},"given_name":"Rosa","family_name":"Ueda","job_title":"Engineer","start_date":"2018-12-08","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["2b63f360-540b-5d37-8be9-96fa39ee99ef","3c550c4a-f055-5147-a88e-bcafacb41f02","452dd1ec-04db-534f-bd8c-35833bccc529","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]}',NULL,'0a5a1d625150862034b53330c62f2c8f',0,'active','employed','2018-12-08',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["2b63f360-540b-5d37-8be9-96fa39ee99ef","3c550c4a-f055-5147-a88e-bcafacb41f02","452dd1ec-04db-534f-bd8c-35833bccc529","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2024-03-06T12:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','5eda92d8-64ac-4db9-9707-107e855c3844','{"id":"5eda92d8-64ac-4db9-9707-107e855c3844","status":{"value":"inactive","source":"inactive"},"given_name":"Grace","family_name":"Yilmaz","job_title":"Specialist","start_date":"2025-01-29","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","452dd1ec-04db-534f-bd8c-35833bccc529","a872808d-7548-54d7-987d-8b8eabdef182","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]}',NULL,'71a1ee9e01b24f6b33f926d00f6984b7',0,'inactive','inactive','2025-01-29',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["1a7d9055-8256-584d-b6c2-a01857b44cf6","452dd1ec-04db-534f-bd8c-35833bccc529","a872808d-7548-54d7-987d-8b8eabdef182","d8d399ab-6b95-5ea8-b677-0e4f00b29435"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2020-09-07T04:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','69d495dd-8135-4c53-b0e6-42f43328ad08','{"id":"69d495dd-8135-4c53-b0e6-42f43328ad08","status":{"value":"active","source":"active"},"given_name":"Xavier","family_name":"Silva","job_title":"Director","start_date":"2020-09-12","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","443c4b75-e723-57b6-b448-e5050443144d","9783e21b-e315-5d80-ab58-007a7876f56d","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,'d974c7053b5f0e874b135f897943618e',0,'active','employed','2020-09-12',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["1a7d9055-8256-584d-b6c2-a01857b44cf6","443c4b75-e723-57b6-b448-e5050443144d","9783e21b-e315-5d80-ab58-007a7876f56d","a872808d-7548-54d7-987d-8b8eabdef182"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2022-06-28T20:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','721754ef-2904-4cec-b5bb-9188b80599e9','{"id":"721754ef-2904-4cec-b5bb-9188b80599e9","status":{"value":"active","source":"active"},"given_name":"Imani","family_name":"Silva","job_title":"Manager","start_date":"2026-07-09","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["343baaf1-1bd1-55a0-aead-6445f460fcb5","39045088-4e2b-50e7-9eb2-a574640c4c72","8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","9b66edae-d2f5-52de-ab38-178293c92ac2"]}',NULL,'f3af4735ef89fb4234023e9b7510ce70',0,'active','employed','2026-07-09',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["343baaf1-1bd1-55a0-aead-6445f460fcb5","39045088-4e2b-50e7-9eb2-a574640c4c72","8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","9b66edae-d2f5-52de-ab38-178293c92ac2"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2025-02-14T20:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','75a89294-c2cd-489a-b802-08a9ad45f23d','{"id":"75a89294-c2cd-489a-b802-08a9ad45f23d","status":{"value":"active","source":"active"},"given_name":"Omar","family_name":"Larsen","job_title":"Analyst","start_date":"2027-04-09","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","39045088-4e2b-50e7-9eb2-a574640c4c72","443c4b75-e723-57b6-b448-e5050443144d","9783e21b-e315-5d80-ab58-007a7876f56d"]}',NULL,'6caa8f440f377eb9ed7795d53a08bd41',0,'active','pre_start','2027-04-09',NULL,'2027-04-09',0,'414c343c-1027-44d1-8386-bbc4cd613e30','["1a7d9055-8256-584d-b6c2-a01857b44cf6","39045088-4e2b-50e7-9eb2-a574640c4c72","443c4b75-e723-57b6-b448-e5050443144d","9783e21b-e315-5d80-ab58-007a7876f56d"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2018-10-20T12:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','d8f33418-f3d4-4711-9804-f92283868a29','{"id":"d8f33418-f3d4-4711-9804-f92283868a29","status":{"value":"active","source":"active"},"given_name":"Jana","family_name":"Haddad","job_title":"Fellow","start_date":"2026-12-10","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["343baaf1-1bd1-55a0-aead-6445f460fcb5","39045088-4e2b-50e7-9eb2-a574640c4c72","93948f4a-19c6-54bf-be9b-c8e2ee20f685"]}',NULL,'99c1dfaa139a3cece4a72dc0b321db76',0,'active','employed','2026-12-10',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["343baaf1-1bd1-55a0-aead-6445f460fcb5","39045088-4e2b-50e7-9eb2-a574640c4c72","93948f4a-19c6-54bf-be9b-c8e2ee20f685"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T15:00:00+00:00','2027-03-10T15:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','da711448-96c8-4a19-a4b2-d2bc815a47c5','{"id":"da711448-96c8-4a19-a4b2-d2bc815a47c5","status":{"value":"active","source":"active"},"given_name":"Fatou","family_name":"Bianchi","job_title":"Engineer","start_date":"2016-05-13","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["24767842-5947-5ef6-96f0-97a2bcb69492","39045088-4e2b-50e7-9eb2-a574640c4c72","83456538-7cf1-5384-bdd9-c0f32c2866a8","9b66edae-d2f5-52de-ab38-178293c92ac2"]}',NULL,'d2627d2b2bb28ecc85448c9b898cc050',0,'active','employed','2016-05-13',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["24767842-5947-5ef6-96f0-97a2bcb69492","39045088-4e2b-50e7-9eb2-a574640c4c72","83456538-7cf1-5384-bdd9-c0f32c2866a8","9b66edae-d2f5-52de-ab38-178293c92ac2"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2019-09-13T20:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','e585552f-ac95-4ab5-92c9-357d34accd78','{"id":"e585552f-ac95-4ab5-92c9-357d34accd78","status":{"value":"active","source":"active"},"given_name":"Zoë-Ŋuŋ","family_name":"Đặng‐Łukasiewicz 𝒳","job_title":"Manager","start_date":"2025-10-21","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["1a7d9055-8256-584d-b6c2-a01857b44cf6","9b66edae-d2f5-52de-ab38-178293c92ac2","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,'f71c6f75094741beff93ebc14e34bfbe',0,'active','employed','2025-10-21',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["1a7d9055-8256-584d-b6c2-a01857b44cf6","9b66edae-d2f5-52de-ab38-178293c92ac2","a872808d-7548-54d7-987d-8b8eabdef182"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2026-12-01T12:00:00+00:00');
INSERT INTO "roster_employees" VALUES('acme','eacc110e-4f73-4d94-9391-f9b9dbc799b0','{"id":"eacc110e-4f73-4d94-9391-f9b9dbc799b0","status":{"value":"active","source":"active"},"given_name":"Dmitri","family_name":"Jansen","job_title":"Specialist","start_date":"2026-02-14","manager_id":"414c343c-1027-44d1-8386-bbc4cd613e30","group_ids":["343baaf1-1bd1-55a0-aead-6445f460fcb5","8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","9b66edae-d2f5-52de-ab38-178293c92ac2","a872808d-7548-54d7-987d-8b8eabdef182"]}',NULL,'2d451184a41cc02d8b5a0c9306a1250b',0,'active','employed','2026-02-14',NULL,NULL,0,'414c343c-1027-44d1-8386-bbc4cd613e30','["343baaf1-1bd1-55a0-aead-6445f460fcb5","8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","9b66edae-d2f5-52de-ab38-178293c92ac2","a872808d-7548-54d7-987d-8b8eabdef182"]',1,0,NULL,NULL,'2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00','2026-01-25T04:00:00+00:00');
CREATE TABLE roster_events (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	xid INTEGER DEFAULT 0 NOT NULL, 
	connection VARCHAR(120) NOT NULL, 
	version INTEGER NOT NULL, 
	employee TEXT NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	"on" VARCHAR(10) NOT NULL, 
	details TEXT NOT NULL, 
	recorded_at VARCHAR(40) NOT NULL, 
	run VARCHAR(36) NOT NULL, 
	cause VARCHAR(20) NOT NULL
);
INSERT INTO "roster_events" VALUES(1,0,'acme',2,'d8f33418-f3d4-4711-9804-f92283868a29','title_changed','2027-03-10','{"job_title":["Engineer","Fellow"]}','2027-03-10T15:00:00+00:00','f102d506-9e9b-4e71-ab32-be0dce68b396','sync');
CREATE TABLE roster_forgotten (
	connection VARCHAR(120) NOT NULL, 
	mark VARCHAR(64) NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	PRIMARY KEY (connection, mark)
);
CREATE TABLE roster_groups (
	connection VARCHAR(120) NOT NULL, 
	id TEXT NOT NULL, 
	record TEXT NOT NULL, 
	type VARCHAR(40) NOT NULL, 
	told TEXT, 
	missing INTEGER NOT NULL, 
	deleted_at VARCHAR(40), 
	PRIMARY KEY (connection, id)
);
INSERT INTO "roster_groups" VALUES('acme','9783e21b-e315-5d80-ab58-007a7876f56d','{"id":"9783e21b-e315-5d80-ab58-007a7876f56d","name":"Marketing","type":{"value":"department","source":"Departments"}}','department',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','53d644e8-2ffb-5cad-9652-0a5a50630bcd','{"id":"53d644e8-2ffb-5cad-9652-0a5a50630bcd","name":"Sales","type":{"value":"department","source":"Departments"}}','department',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','9b66edae-d2f5-52de-ab38-178293c92ac2','{"id":"9b66edae-d2f5-52de-ab38-178293c92ac2","name":"Finance","type":{"value":"department","source":"Departments"}}','department',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','d8d399ab-6b95-5ea8-b677-0e4f00b29435','{"id":"d8d399ab-6b95-5ea8-b677-0e4f00b29435","name":"Engineering","type":{"value":"department","source":"Departments"}}','department',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','93948f4a-19c6-54bf-be9b-c8e2ee20f685','{"id":"93948f4a-19c6-54bf-be9b-c8e2ee20f685","name":"Human Resources","type":{"value":"department","source":"Departments"}}','department',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','a872808d-7548-54d7-987d-8b8eabdef182','{"id":"a872808d-7548-54d7-987d-8b8eabdef182","name":"Europe","type":{"value":"division","source":"Divisions"}}','division',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','39045088-4e2b-50e7-9eb2-a574640c4c72','{"id":"39045088-4e2b-50e7-9eb2-a574640c4c72","name":"Asia-Pacific","type":{"value":"division","source":"Divisions"}}','division',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','3c550c4a-f055-5147-a88e-bcafacb41f02','{"id":"3c550c4a-f055-5147-a88e-bcafacb41f02","name":"North America","type":{"value":"division","source":"Divisions"}}','division',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','83456538-7cf1-5384-bdd9-c0f32c2866a8','{"id":"83456538-7cf1-5384-bdd9-c0f32c2866a8","name":"Remote","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"Remote","region":"MA","postal_code":"00000","country":"US"}}','location',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','1a7d9055-8256-584d-b6c2-a01857b44cf6','{"id":"1a7d9055-8256-584d-b6c2-a01857b44cf6","name":"Berlin","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"Berlin","region":"MA","postal_code":"00000","country":"US"}}','location',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','343baaf1-1bd1-55a0-aead-6445f460fcb5','{"id":"343baaf1-1bd1-55a0-aead-6445f460fcb5","name":"Tokyo","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"Tokyo","region":"MA","postal_code":"00000","country":"US"}}','location',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','70fd3f48-2925-5e3c-91a9-4ae43502f5aa','{"id":"70fd3f48-2925-5e3c-91a9-4ae43502f5aa","name":"London","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"London","region":"MA","postal_code":"00000","country":"US"}}','location',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','2b63f360-540b-5d37-8be9-96fa39ee99ef','{"id":"2b63f360-540b-5d37-8be9-96fa39ee99ef","name":"New York","type":{"value":"location","source":"Office Locations"},"address":{"line1":"1 Invented Street","line2":null,"city":"New York","region":"MA","postal_code":"00000","country":"US"}}','location',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','8bf7aed8-6a79-5079-ac5f-7dc38bc339f4','{"id":"8bf7aed8-6a79-5079-ac5f-7dc38bc339f4","name":"Blue","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}','team',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','24767842-5947-5ef6-96f0-97a2bcb69492','{"id":"24767842-5947-5ef6-96f0-97a2bcb69492","name":"Green","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}','team',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','443c4b75-e723-57b6-b448-e5050443144d','{"id":"443c4b75-e723-57b6-b448-e5050443144d","name":"Orange","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}','team',NULL,0,NULL);
INSERT INTO "roster_groups" VALUES('acme','452dd1ec-04db-534f-bd8c-35833bccc529','{"id":"452dd1ec-04db-534f-bd8c-35833bccc529","name":"Red","type":{"value":"team","source":"team"},"created_at":"2010-01-01T00:00:00Z","updated_at":"2010-01-01T00:00:00Z"}','team',NULL,0,NULL);
CREATE TABLE roster_held (
	connection VARCHAR(120) NOT NULL, 
	id TEXT NOT NULL, 
	what TEXT NOT NULL, 
	run VARCHAR(36) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	"after" TEXT, 
	basis VARCHAR(40), 
	PRIMARY KEY (connection, id, what)
);
CREATE TABLE roster_messages (
	connection VARCHAR(120) NOT NULL, 
	mark VARCHAR(64) NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	PRIMARY KEY (connection, mark)
);
CREATE TABLE roster_quarantine (
	connection VARCHAR(120) NOT NULL, 
	"key" TEXT NOT NULL, 
	subject VARCHAR(20) NOT NULL, 
	id TEXT, 
	reason TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	digest VARCHAR(32) NOT NULL, 
	reads VARCHAR(64) NOT NULL, 
	first_at VARCHAR(40) NOT NULL, 
	last_at VARCHAR(40) NOT NULL, 
	run VARCHAR(36) NOT NULL, 
	PRIMARY KEY (connection, "key")
);
CREATE TABLE roster_rates (
	"key" VARCHAR(64) NOT NULL, 
	tat FLOAT NOT NULL, 
	not_before FLOAT DEFAULT 0 NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "roster_rates" VALUES('dd079e604bb5c033cfea78bdfe1702642b2bb30b7f4533894f1c315a7a0415ed',1.79593558676752495769e+09,0.0);
CREATE TABLE roster_runs (
	id VARCHAR(36) NOT NULL, 
	connection VARCHAR(120) NOT NULL, 
	number INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	started_at VARCHAR(40) NOT NULL, 
	ended_at VARCHAR(40), 
	since VARCHAR(40), 
	proof VARCHAR(20), 
	why TEXT, 
	problem TEXT, 
	alarms TEXT NOT NULL, 
	counts TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	goes_on TEXT, 
	mark VARCHAR(160), 
	PRIMARY KEY (id)
);
INSERT INTO "roster_runs" VALUES('3983c07b-999a-41ca-a9a8-fb0a70f67354','acme',1,'full','done','2027-03-10T12:00:00+00:00','2027-03-10T12:00:00+00:00',NULL,'counted','every page came, and the vendor''s total of 12 agrees',NULL,'[]','{"received":12,"accepted":12,"added":12,"groups_added":17,"requests":13}','[]',NULL,'full 49e472bf5e7e82d56c880656bdfb4d67 f34d06423241902991a7eac3bb929ee4');
INSERT INTO "roster_runs" VALUES('f102d506-9e9b-4e71-ab32-be0dce68b396','acme',2,'changes','done','2027-03-10T15:00:00+00:00','2027-03-10T15:00:00+00:00','2027-03-10T11:58:00+00:00','none','only what changed was read',NULL,'[]','{"received":12,"accepted":12,"changed":1,"events":1,"requests":5}','[]',NULL,'changes 49e472bf5e7e82d56c880656bdfb4d67 f34d06423241902991a7eac3bb929ee4');
CREATE TABLE roster_staged (
	connection VARCHAR(120) NOT NULL, 
	id TEXT NOT NULL, 
	how INTEGER NOT NULL, 
	record TEXT, 
	raw TEXT, 
	hash VARCHAR(32), 
	reasons INTEGER, 
	status VARCHAR(20), 
	state VARCHAR(20), 
	starts VARCHAR(10), 
	ends VARCHAR(10), 
	turns_on VARCHAR(10), 
	manager_id TEXT, 
	groups TEXT, 
	updated_at VARCHAR(40), 
	valid_at VARCHAR(40), 
	fields TEXT, 
	PRIMARY KEY (connection, id)
);
CREATE TABLE roster_waiting (
	connection VARCHAR(120) NOT NULL, 
	id TEXT NOT NULL, 
	mark VARCHAR(64) NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	PRIMARY KEY (connection, id)
);
CREATE TABLE runs (
	id VARCHAR(36) NOT NULL, 
	"key" VARCHAR(200) NOT NULL, 
	vendor VARCHAR(100) NOT NULL, 
	address TEXT NOT NULL, 
	verb VARCHAR(40) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	"plan" TEXT NOT NULL, 
	approved_by TEXT, 
	state VARCHAR(20) NOT NULL, 
	employee TEXT, 
	problem TEXT, 
	holder TEXT, 
	held_until VARCHAR(40), 
	made_at VARCHAR(40) NOT NULL, 
	changed_at VARCHAR(40) NOT NULL, connection VARCHAR(120), 
	PRIMARY KEY (id), 
	UNIQUE ("key"), 
	UNIQUE (digest)
);
CREATE TABLE steps (
	run VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	way INTEGER NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	sent INTEGER NOT NULL, 
	sent_at VARCHAR(40), 
	status INTEGER, 
	settled_by TEXT, 
	PRIMARY KEY (run, number), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE TABLE vault_credentials (
	name VARCHAR(120) NOT NULL, 
	sealed TEXT, 
	kept_at VARCHAR(40), 
	holder TEXT, 
	held_until VARCHAR(40), 
	PRIMARY KEY (name)
);
CREATE INDEX ix_runs_subject ON runs (subject);
CREATE INDEX roster_runs_by_connection ON roster_runs (connection, number);
CREATE INDEX roster_employees_by_turn ON roster_employees (connection, turns_on);
CREATE INDEX roster_employees_by_missing ON roster_employees (connection, missing);
CREATE INDEX roster_staged_by_how ON roster_staged (connection, how, id);
CREATE INDEX roster_changes_by_version ON roster_changes (connection, version);
CREATE INDEX roster_changes_by_xid ON roster_changes (xid, seq);
CREATE INDEX roster_changes_by_subject ON roster_changes (connection, subject, id, seq);
CREATE INDEX roster_events_by_xid ON roster_events (xid, seq);
CREATE INDEX roster_events_by_employee ON roster_events (connection, employee, seq);
CREATE INDEX ix_roster_held_run ON roster_held (run);
CREATE INDEX roster_messages_by_age ON roster_messages (connection, at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('roster_changes',30);
INSERT INTO "sqlite_sequence" VALUES('roster_events',1);
COMMIT;
