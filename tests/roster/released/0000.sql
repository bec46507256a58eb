BEGIN TRANSACTION;
CREATE TABLE audit (
	number INTEGER NOT NULL, 
	record TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "audit" VALUES(1,'{"address":"http://127.0.0.1:33079/api/gateway.php/acme/v1","approved_by":"owner@acme.example","at":"2026-11-29T02:30:01.393237+00:00","before":{"status":"active","status from 2027-01-07":null},"employee":"12","expect":{"status":"active","status from 2027-01-07":[{"employmentStatus":"Terminated","terminationRehireId":"Upon review","terminationTypeId":"Resignation (Voluntary)"}]},"number":1,"plan":"a9e0dddf2bf2dc8f38fe40972e30a511ad4df5d4d706ac2e5bdb5125f4e54fa8","problem":null,"run":"42bd2275-a642-4bf8-a136-116e51b8224f","state":"proved","steps":[{"request":"POST /employees/12/tables/employmentStatus","sent":1,"settled_by":"answer","state":"done"}],"vendor":"bamboohr","verb":"terminate"}','0000000000000000000000000000000000000000000000000000000000000000','fb8bf19913e78e06cb13ab9fa01338d7d97918d13b4cc55b590390386623e0da');
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
	changed_at VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key"), 
	UNIQUE (digest)
);
INSERT INTO "runs" VALUES('42bd2275-a642-4bf8-a136-116e51b8224f','a9e0dddf2bf2dc8f38fe40972e30a511ad4df5d4d706ac2e5bdb5125f4e54fa8','bamboohr','http://127.0.0.1:33079/api/gateway.php/acme/v1','terminate','a9e0dddf2bf2dc8f38fe40972e30a511ad4df5d4d706ac2e5bdb5125f4e54fa8','e30c26e9bb51a9a8225f403d8ec8263361fde7f42d1e9e6286d26675f6587649','{
  "headcount": 1,
  "vendor": "bamboohr",
  "address": "http://127.0.0.1:33079/api/gateway.php/acme/v1",
  "change": {
    "verb": "terminate",
    "id": "12",
    "on": "2027-01-07",
    "type": "voluntary"
  },
  "name": "Zoë-Ŋuŋ Đặng‐Łukasiewicz 𝒳",
  "steps": [
    {
      "says": "Add the row that ends the employment",
      "request": {
        "method": "POST",
        "path": "/employees/12/tables/employmentStatus",
        "json": {
          "date": "2027-01-07",
          "employmentStatus": "Terminated",
          "terminationTypeId": "Resignation (Voluntary)",
          "terminationRehireId": "Upon review"
        }
      },
      "expect": {
        "status from 2027-01-07": [
          {
            "employmentStatus": "Terminated",
            "terminationTypeId": "Resignation (Voluntary)",
            "terminationRehireId": "Upon review"
          }
        ],
        "status": "active"
      },
      "before": {
        "status from 2027-01-07": null,
        "status": "active"
      },
      "otherwise": [
        {
          "says": "Add the row with a status alone",
          "request": {
            "method": "POST",
            "path": "/employees/12/tables/employmentStatus",
            "json": {
              "date": "2027-01-07",
              "employmentStatus": "Terminated"
            }
          },
          "expect": {
            "status from 2027-01-07": [
              {
                "employmentStatus": "Terminated"
              }
            ],
            "status": "active"
          },
          "before": {
            "status from 2027-01-07": null,
            "status": "active"
          }
        }
      ]
    }
  ],
  "warnings": [
    "BambooHR revokes no access to other systems by itself: an identity provider that follows it does.",
    "BambooHR''s newer rules want terminationReasonId as well."
  ],
  "made_at": "2026-11-29T02:30:01.099402+00:00",
  "digest": "a9e0dddf2bf2dc8f38fe40972e30a511ad4df5d4d706ac2e5bdb5125f4e54fa8"
}
','owner@acme.example','proved','12',NULL,NULL,'2026-11-29T02:30:01.392147+00:00','2026-11-29T02:30:01.346713+00:00','2026-11-29T02:30:01.392147+00:00');
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
INSERT INTO "steps" VALUES('42bd2275-a642-4bf8-a136-116e51b8224f',1,0,'done',1,'2026-11-29T02:30:01.356752+00:00',200,'answer');
CREATE INDEX ix_runs_subject ON runs (subject);
COMMIT;
