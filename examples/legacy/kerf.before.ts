import { app } from "kerf";

// #region before
export default app("bookshop", { gateway: { legacy: "http://127.0.0.1:3000" } });
// #endregion
