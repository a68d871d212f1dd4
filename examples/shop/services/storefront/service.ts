import { service } from "kerf";
import { accountPage } from "./account-page.ts";
import { storefront } from "./contract.ts";
import { wants } from "./needs.ts";
import { productPage } from "./product-page.ts";

export default service(storefront, wants, { handle: { productPage, accountPage } });
