/** What differs between one application's reference and another's. */
export interface PageSettings {
  readonly title: string;
  readonly clientId: string;
}

/** Everything that it loads is beside it: no page of anybody else is told who reads this. */
export function page({ title }: PageSettings): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}: API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="swagger-ui.css">
<link rel="stylesheet" href="page.css">
</head>
<body>
<noscript>This page needs JavaScript. The same as data: <a href="../openapi.json">openapi.json</a>.</noscript>
<div id="reference"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="page.js"></script>
</body>
</html>
`;
}

/** Starts Swagger UI. A script of its own, since inline ones do not run here. */
export function script({ clientId }: PageSettings): string {
  return `const ui = SwaggerUIBundle({
  dom_id: "#reference",
  url: new URL("../openapi.json", location.href).href,
  oauth2RedirectUrl: new URL("oauth2-redirect.html", location.href).href,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // Sends the document to somebody else.
  validatorUrl: null,
  // Address bars are copied: nobody chooses by one what this page shows and whom it sends credentials to.
  queryConfigEnabled: false,
  // Tokens are gone with the page.
  persistAuthorization: false,
});
ui.initOAuth({
  clientId: ${JSON.stringify(clientId)},
  scopes: "openid profile email",
  usePkceWithAuthorizationCodeGrant: true,
});
`;
}

export const style = `body { margin: 0; }
noscript { display: block; padding: 2rem; font-family: sans-serif; }
/* All problems look alike: their names are enough. A 409 has errors of the contract. */
.responses-table:not(.live-responses-table)
  .response:is([data-code^="4"], [data-code^="5"], [data-code="default"]):not([data-code="409"])
  .response-col_description > :not(.response-col_description__inner),
.responses-table:not(.live-responses-table) .response .response-col_description > div:has(> table.headers) {
  display: none;
}
.response-col_links { display: none; }
`;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
