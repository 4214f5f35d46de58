import * as z from 'zod';

const attempt = z.string().min(16).max(64).optional();

/** Body of `POST /refresh`. */
export const RefreshBody: z.ZodType<{ readonly refresh_token: string; readonly attempt?: string | undefined }> =
  z.strictObject({ refresh_token: z.string(), attempt });
/** The same in cookie mode: the token is in its cookie. */
export const CookieRefreshBody: z.ZodType<{ readonly attempt?: string | undefined }> = z.strictObject({ attempt });
/** Body of `POST /logout`. */
export const LogoutBody: z.ZodType<{ readonly refresh_token?: string | undefined }> = z.strictObject({
  refresh_token: z.string().optional(),
});

const wholeNumber = (max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(max));

/** Query of `GET /sessions`. */
export const SessionQuery: z.ZodType<{ readonly page: number; readonly page_size: number }> = z.object({
  page: wholeNumber(1_000_000).default(1),
  page_size: wholeNumber(100).default(20),
});
