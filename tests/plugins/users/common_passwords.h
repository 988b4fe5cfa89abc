// Passwords that guessing tools begin with, as far as they are long enough to be allowed otherwise.
#pragma once

#include <array>
#include <string_view>

namespace nexus::users {

inline constexpr std::array<std::string_view, 287> kCommonPasswords{{
    "!@#$%^&*",    "!qaz2wsx",     "00000000",      "000000000",     "0000000000",   "0987654321",  "11111111",
    "111111111",   "1111111111",   "11223344",      "1122334455",    "112233445566", "12121212",    "123123123",
    "123321123",   "12341234",     "1234554321",    "123456123",     "12345678",     "123456789",   "1234567890",
    "123456789a",  "12345678a",    "1234abcd",      "1234qwer",      "123654789",    "147258369",   "147852369",
    "159357456",   "1q2w3e4r",     "1q2w3e4r5t",    "1q2w3e4r5t6y",  "1qaz!qaz",     "1qaz2wsx",    "1qaz2wsx3edc",
    "1qaz@wsx",    "1qazxsw2",     "22222222",      "33333333",      "44444444",     "5201314520",  "55555555",
    "66666666",    "741852963",    "77777777",      "789456123",     "87654321",     "88888888",    "888888888",
    "987654321",   "9876543210",   "99999999",      "999999999",     "a12345678",    "a123456789",  "a1b2c3d4",
    "aa123456",    "aa12345678",   "aaaaaaaa",      "aabbccdd",      "abc123!@#",    "abc12345",    "abc123456",
    "abc123abc",   "abcd1234",     "abcdefg1",      "abcdefgh",      "abcdefghi",    "access14",    "admin123",
    "admin123!",   "admin1234",    "admin12345",    "admin123456",   "admin666",     "admin888",    "admin@123",
    "admin@1234",  "adminadmin",   "administrator", "alejandro",     "alexander",    "andrew123",   "anthony1",
    "arsenal1",    "asd123456",    "asdf1234",      "asdfghjk",      "asdfghjkl",    "ashley123",   "autumn2024",
    "babygirl",    "babygirl1",    "barcelona",     "baseball",      "baseball1",    "basketball",  "batman123",
    "benjamin",    "blessed1",     "blink182",      "butterfly",     "caroline",     "changeme",    "changeme1",
    "changeme123", "charlie1",     "charlotte",     "chelsea1",      "chocolate",    "christian",   "christopher",
    "cocacola",    "computer",     "corvette",      "cristina",      "daniel123",    "danielle",    "debian123",
    "december",    "default1",     "default123",    "dragon123",     "elizabeth",    "february",    "ferrari1",
    "football",    "football1",    "francisco",     "freedom1",      "guest123",     "guest1234",   "hannah123",
    "hello123",    "hello1234",    "ilovegod",      "iloveme1",      "iloveyou",     "iloveyou1",   "iloveyou123",
    "iloveyou2",   "internet",     "jennifer",      "jessica1",      "jesus123",     "jesuschrist", "jonathan",
    "jordan23",    "joshua123",    "letmein1",      "letmein123",    "linux123",     "liverpool",   "liverpool1",
    "lovelove",    "loveyou1",     "manager1",      "manchester",    "master12",     "master123",   "matthew1",
    "maverick",    "mercedes",     "metallica",     "michael1",      "michelle",     "minecraft",   "monkey123",
    "motorola",    "mypassword",   "newpassword",   "nexus123",      "nexus1234",    "nexuspanel",  "nexuspanel1",
    "nicholas",    "nintendo",     "november",      "operator",      "oracle123",    "p@ssw0rd",    "p@ssw0rd1",
    "p@ssw0rd123", "p@ssword",     "p@ssword1",     "p@ssword123",   "pa$$word",     "passw0rd",    "passw0rd!",
    "passw0rd1",   "passw0rd123",  "password",      "password!",     "password1",    "password1!",  "password12",
    "password123", "password123!", "password1234",  "password12345", "passwort",     "patricia",    "playstation",
    "pokemon1",    "pokemon123",   "porsche911",    "precious",      "princess",     "princess1",   "q123456789",
    "q1w2e3r4",    "q1w2e3r4t5",   "qazwsx123",     "qazwsxedc",     "qq123456",     "qq123456789", "qwe123456",
    "qweasd123",   "qweasdzxc",    "qwer1234",      "qwerty12",      "qwerty123",    "qwerty123!",  "qwerty1234",
    "qwerty12345", "qwertyui",     "qwertyuiop",    "robert123",     "root1234",     "root12345",   "root123456",
    "rootroot",    "samantha",     "samsung1",      "sebastian",     "secret12",     "secret123",   "september",
    "server123",   "shadow123",    "slipknot",      "spongebob",     "spring2024",   "starwars",    "stephanie",
    "summer2023",  "summer2024",   "sunshine",      "sunshine1",     "superman",     "superman1",   "superuser",
    "sysadmin",    "temp1234",     "temppass",      "test1234",      "test12345",    "testing1",    "testing123",
    "testtest",    "thomas123",    "toor1234",      "trustno1",      "ubuntu123",    "user1234",    "user12345",
    "veronica",    "victoria",     "w123456789",    "wang123456",    "welcome1",     "welcome1!",   "welcome12",
    "welcome123",  "welcome1234",  "whatever",      "winter2023",    "winter2024",   "woaini123",   "woaini1314",
    "woaini520",   "z123456789",   "zaq12wsx",      "zhang123",      "zxc123456",    "zxcvbnm1",    "zxcvbnm123",
}};

}  // namespace nexus::users
