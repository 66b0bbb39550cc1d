using Fusion.Compiler.Precompiled;

namespace Fusion.Compiler.Tests.Precompiled;

public sealed class SourceBeginningTests
{
    [TestCase("#include <a.h>\nint x;\n", "#include <a.h>\n")]
    [TestCase("// why\n\n/* and\n how */\n#include <a.h> // this\r\n  # include \"b.h\"\r\nint x;\n", "#include <a.h>\n", "#include <a.h>\n# include \"b.h\"\n")]
    [TestCase("#define N 3\n#undef M\n#include <a.h>\n#define TAIL 1\nint x;\n", "#define N 3\n#undef M\n#include <a.h>\n")]
    [TestCase("#include <a.h>", "#include <a.h>\n")]
    public void EndsBehindAnInclude(string source, params string[] beginnings) =>
        Assert.That(SourceBeginning.Of(source), Is.EqualTo(beginnings));

    [TestCase("#if X\n#include <b.h>\n#endif\n")]
    [TestCase("#pragma once\n#include <b.h>\n")]
    [TestCase("int x;\n#include <b.h>\n")]
    [TestCase("// goes on \\\n#include <b.h>\n")]
    [TestCase("/* goes on\n#include <b.h>\n")]
    [TestCase("#define N 1 \\\n  + 2\n#include <b.h>\n")]
    [TestCase("#define N 1 /* goes\n on */\n#include <b.h>\n")]
    [TestCase("#define N \"//\"\n#include <b.h>\n")]
    [TestCase("#include NAME\n#include <b.h>\n")]
    [TestCase("#include <b.h> int x;\n")]
    [TestCase("")]
    public void EndsBeforeWhatIsNotPlain(string rest)
    {
        Assert.That(SourceBeginning.Of(rest), Is.Empty);
        Assert.That(SourceBeginning.Of("#include <a.h>\n" + rest), Is.EqualTo(["#include <a.h>\n"]));
    }
}
