/* Windows: owners and access rights of folders; see windows.h. */
#include "../../windows.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>

enum {
    WRITE_RIGHTS = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE |
             GENERIC_ALL,
    TOKEN_SIZE = 256,
};

struct user {
    union {
        TOKEN_USER user;
        BYTE bytes[TOKEN_SIZE];
    } token;
};

static PSID find_user_sid(struct user *user)
{
    HANDLE token = NULL;
    DWORD size = 0;
    BOOL known = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
                 GetTokenInformation(token, TokenUser, &user->token, sizeof user->token, &size);
    if (token != NULL) {
        CloseHandle(token);
    }
    return known ? user->token.user.User.Sid : NULL;
}

/* Groups that contain every user of the machine or the network. Access of others, such as administrators, is safe. */
static int is_broad_group(PSID sid)
{
    static const WELL_KNOWN_SID_TYPE groups[] = {WinWorldSid,       WinAuthenticatedUserSid, WinBuiltinUsersSid,
                                                 WinInteractiveSid, WinNetworkSid,           WinBuiltinGuestsSid,
                                                 WinAnonymousSid};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (IsWellKnownSid(sid, groups[i])) {
            return 1;
        }
    }
    return 0;
}

static int grants_broad_write(PACL list)
{
    if (list == NULL) {
        return 1; /* no access control list, as on FAT: every user has full access */
    }
    for (DWORD i = 0; i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *entry = NULL;
        if (GetAce(list, i, (void **)&entry) && entry->Header.AceType == ACCESS_ALLOWED_ACE_TYPE &&
            !(entry->Header.AceFlags & INHERIT_ONLY_ACE) && (entry->Mask & WRITE_RIGHTS) && is_broad_group(&entry->SidStart)) {
            return 1;
        }
    }
    return 0;
}

enum trust owner_trust(const wchar_t *path)
{
    struct user user;
    PSID owner = NULL;
    PACL list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID self = find_user_sid(&user);
    SECURITY_INFORMATION wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    DWORD error = GetNamedSecurityInfoW((wchar_t *)path, SE_FILE_OBJECT, wanted, &owner, NULL, &list, NULL, &descriptor);
    enum trust trust = TRUSTED;
    if (error != ERROR_SUCCESS || self == NULL || owner == NULL) {
        trust = OWNED_BY_OTHER;
    } else if (!EqualSid(owner, self) && !IsWellKnownSid(owner, WinBuiltinAdministratorsSid)) {
        trust = OWNED_BY_OTHER; /* (an administrator's files belong to the group) */
    } else if (grants_broad_write(list)) {
        trust = WRITABLE_BY_OTHERS;
    }
    LocalFree(descriptor);
    return trust;
}

/* Gives access to the user, the system and administrators; does not inherit rights of the folder above. */
int create_private_folder(const wchar_t *path)
{
    struct user user;
    wchar_t text[512];
    LPWSTR name = NULL;
    PSID self = find_user_sid(&user);
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, FALSE};
    if (self != NULL && ConvertSidToStringSidW(self, &name)) {
        _snwprintf(text, 512, L"O:%lsD:P(A;OICI;FA;;;%ls)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", name, name);
        text[511] = L'\0';
        ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL);
        LocalFree(name);
    }
    BOOL made = security.lpSecurityDescriptor != NULL && CreateDirectoryW(path, &security);
    DWORD error = security.lpSecurityDescriptor != NULL ? GetLastError() : ERROR_ACCESS_DENIED;
    LocalFree(security.lpSecurityDescriptor);
    SetLastError(error);
    return made || error == ERROR_ALREADY_EXISTS ? 0 : -1;
}
