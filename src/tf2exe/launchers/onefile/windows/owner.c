/* The system as Windows has it: whose a folder is, and who else may write to it; see windows.h. */
#include "../../windows.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>

enum {
    WRITES = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE |
             GENERIC_ALL,
    TOKEN_ROOM = 256,
};

struct user {
    union {
        TOKEN_USER user;
        BYTE room[TOKEN_ROOM];
    } token;
};

static PSID find_user(struct user *user)
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

/* Everybody, or every user of the machine or the network: access of others, such as administrators, is no danger. */
static int is_crowd(PSID sid)
{
    static const WELL_KNOWN_SID_TYPE crowds[] = {WinWorldSid,       WinAuthenticatedUserSid, WinBuiltinUsersSid,
                                                 WinInteractiveSid, WinNetworkSid,           WinBuiltinGuestsSid,
                                                 WinAnonymousSid};
    for (size_t i = 0; i < sizeof crowds / sizeof crowds[0]; i++) {
        if (IsWellKnownSid(sid, crowds[i])) {
            return 1;
        }
    }
    return 0;
}

static int lets_crowds_write(PACL list)
{
    if (list == NULL) {
        return 1; /* no list: everybody may do everything, as on FAT */
    }
    for (DWORD i = 0; i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *entry = NULL;
        if (GetAce(list, i, (void **)&entry) && entry->Header.AceType == ACCESS_ALLOWED_ACE_TYPE &&
            !(entry->Header.AceFlags & INHERIT_ONLY_ACE) && (entry->Mask & WRITES) && is_crowd(&entry->SidStart)) {
            return 1;
        }
    }
    return 0;
}

enum trust look_at_owner(const wchar_t *path)
{
    struct user user;
    PSID owner = NULL;
    PACL list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID self = find_user(&user);
    SECURITY_INFORMATION wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    DWORD error = GetNamedSecurityInfoW((wchar_t *)path, SE_FILE_OBJECT, wanted, &owner, NULL, &list, NULL, &descriptor);
    enum trust trust = TRUSTED;
    if (error != ERROR_SUCCESS || self == NULL || owner == NULL) {
        trust = FOREIGN;
    } else if (!EqualSid(owner, self) && !IsWellKnownSid(owner, WinBuiltinAdministratorsSid)) {
        trust = FOREIGN; /* (an administrator's files belong to the group) */
    } else if (lets_crowds_write(list)) {
        trust = OPEN_TO_OTHERS;
    }
    LocalFree(descriptor);
    return trust;
}

/* The user, the system and administrators; nothing is taken over from the folder above. */
int make_own_folder(const wchar_t *path)
{
    struct user user;
    wchar_t text[512];
    LPWSTR name = NULL;
    PSID self = find_user(&user);
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
